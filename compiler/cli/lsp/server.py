"""The connection to the editor: requests and notifications of the protocol, answered by functions of this package.

All work on documents is done by one thread, in the order in which the editor sends it. So the loop that reads messages
is never blocked, and a request that is cancelled before its turn costs nothing.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from enum import Enum
from typing import Any, ParamSpec, TypeVar

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from compiler import __version__
from compiler.cli.lsp.actions import CONVERT, FIX_ALL, Converted, code_actions, convert
from compiler.cli.lsp.completion import TRIGGERS, completion, resolve
from compiler.cli.lsp.definition import definition
from compiler.cli.lsp.diagnostics import Board, ByFile
from compiler.cli.lsp.hints import hints
from compiler.cli.lsp.hover import hover
from compiler.cli.lsp.positions import UTF16
from compiler.cli.lsp.session import Options, Session
from compiler.cli.lsp.symbols import symbols
from compiler.cli.lsp.uris import path_of, uri_of
from compiler.text import clean
from compiler.text.redaction import hide_in_message

_QUIET = 0.01
"""Seconds without a change after which a document is checked."""
_WATCHED = "**/*.{yaml,yml,toml,json,service,conf,args,flags,env}"
_P = ParamSpec("_P")
_T = TypeVar("_T")


class Server(LanguageServer):
    """The language server of one editor."""

    def __init__(self, options: Options) -> None:
        super().__init__("kasc", __version__, text_document_sync_kind=types.TextDocumentSyncKind.Full)
        self.session = Session(options)
        self.board = Board()
        self.uris: dict[str, str] = {}
        self._checks: dict[str, asyncio.Task[None]] = {}
        self._worker = ThreadPoolExecutor(1, "kasc")

    async def work(self, function: Callable[_P, _T], *arguments: _P.args, **keywords: _P.kwargs) -> _T:
        """Return the result of a function that the worker runs when it is its turn."""
        call = asyncio.get_running_loop().run_in_executor(self._worker, lambda: function(*arguments, **keywords))
        return await call

    async def ask(self, uri: str, function: Callable[..., _T], *arguments: Any) -> _T | None:
        """Return the answer of a function to a question about an open document; None if the document is not open."""
        path = path_of(uri)

        def answer() -> _T | None:
            return function(self.session.snapshot(path), *arguments) if path in self.session.texts else None

        return await self.work(answer)

    def check_soon(self, path: str) -> None:
        """Check a document, and those that depend on it, as soon as it does not change any more."""
        if previous := self._checks.get(path):
            previous.cancel()
        self._checks[path] = asyncio.ensure_future(self._check(path))

    async def _check(self, path: str) -> None:
        await asyncio.sleep(_QUIET)
        for name, diagnostics in (await self.work(self._update, path)).items():
            self.publish(name, diagnostics)

    def _update(self, path: str) -> ByFile:
        return self.board.update(self.session, self.session.dependents(path) or [path])

    def publish(self, path: str, diagnostics: list[types.Diagnostic]) -> None:
        """Show the diagnostics of a file."""
        uri = self.uris.get(path) or uri_of(path)
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri=uri, diagnostics=diagnostics))

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Log an error of this program; pygls would show a message for each keystroke."""
        message = clean(hide_in_message(f"kasc: {error}"))
        self.window_log_message(types.LogMessageParams(type=types.MessageType.Error, message=message))


def serve(options: Options) -> None:
    """Serve the editor on standard input and output until it closes the connection."""
    # pygls closes the stream that it writes to.
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as output:
        build(options).start_io(stdout=output)


def build(options: Options) -> Server:
    """Return a server with all features."""
    server = Server(options)
    _add_documents(server)
    _add_texts(server)
    _add_navigation(server)
    _add_actions(server)
    return server


def _add_documents(server: Server) -> None:
    @server.feature(types.INITIALIZED)
    async def initialized(_: types.InitializedParams) -> None:
        server.session.encoding = _text(server.server_capabilities.position_encoding or UTF16)
        await _watch(server)

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    async def did_open(params: types.DidOpenTextDocumentParams) -> None:
        path = path_of(params.text_document.uri)
        server.uris[path] = params.text_document.uri
        await server.work(server.session.put, path, params.text_document.text)
        server.check_soon(path)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    async def did_change(params: types.DidChangeTextDocumentParams) -> None:
        path = path_of(params.text_document.uri)
        text = server.workspace.get_text_document(params.text_document.uri).source
        await server.work(server.session.put, path, text)
        server.check_soon(path)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    async def did_close(params: types.DidCloseTextDocumentParams) -> None:
        path = path_of(params.text_document.uri)
        await server.work(server.session.close, path)
        server.check_soon(path)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    async def did_save(_: types.DidSaveTextDocumentParams) -> None:
        await _check_all(server)

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    async def did_change_files(_: types.DidChangeWatchedFilesParams) -> None:
        await _check_all(server)


async def _check_all(server: Server) -> None:
    """Check every open document again, since a file on disk has changed."""
    await server.work(server.session.touch)
    for path in list(server.session.texts):
        server.check_soon(path)


async def _watch(server: Server) -> None:
    """Ask the editor to report changes of files on disk, if it can."""
    workspace = server.client_capabilities.workspace
    watching = workspace.did_change_watched_files if workspace is not None else None
    if watching is None or not watching.dynamic_registration:
        return
    options = types.DidChangeWatchedFilesRegistrationOptions(watchers=[types.FileSystemWatcher(glob_pattern=_WATCHED)])
    registration = types.Registration(
        id="files", method=types.WORKSPACE_DID_CHANGE_WATCHED_FILES, register_options=options
    )
    # An editor that cannot after all reports what it saves.
    with suppress(JsonRpcException):
        await server.client_register_capability_async(types.RegistrationParams(registrations=[registration]))


def _add_texts(server: Server) -> None:
    """Add completion and hover."""
    completing = types.CompletionOptions(trigger_characters=TRIGGERS, resolve_provider=True)

    @server.feature(types.TEXT_DOCUMENT_COMPLETION, completing)
    async def complete(params: types.CompletionParams) -> list[types.CompletionItem] | None:
        return await server.ask(params.text_document.uri, completion, params.position)

    @server.feature(types.COMPLETION_ITEM_RESOLVE)
    async def resolve_item(item: types.CompletionItem) -> types.CompletionItem:
        return await server.work(resolve, item, _markdown_in_completion(server))

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def show(params: types.HoverParams) -> types.Hover | None:
        return await server.ask(params.text_document.uri, hover, params.position, _markdown_in_hover(server))


def _add_navigation(server: Server) -> None:
    """Add definitions, symbols and inlay hints."""

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    async def define(params: types.DefinitionParams) -> list[types.Location] | None:
        return await server.ask(params.text_document.uri, definition, params.position)

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    async def outline(params: types.DocumentSymbolParams) -> list[types.DocumentSymbol] | None:
        return await server.ask(params.text_document.uri, symbols)

    @server.feature(types.TEXT_DOCUMENT_INLAY_HINT)
    async def annotate(params: types.InlayHintParams) -> list[types.InlayHint] | None:
        return await server.ask(params.text_document.uri, hints, params.range)


def _markdown_in_completion(server: Server) -> bool:
    document = server.client_capabilities.text_document
    items = document.completion.completion_item if document is not None and document.completion is not None else None
    return types.MarkupKind.Markdown in (items.documentation_format or () if items is not None else ())


def _markdown_in_hover(server: Server) -> bool:
    document = server.client_capabilities.text_document
    shown = document.hover if document is not None else None
    return types.MarkupKind.Markdown in (shown.content_format or () if shown is not None else ())


def _add_actions(server: Server) -> None:
    kinds = [types.CodeActionKind.QuickFix, FIX_ALL, types.CodeActionKind.RefactorRewrite]

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(code_action_kinds=kinds))
    async def actions(params: types.CodeActionParams) -> list[types.CodeAction] | None:
        only = [_text(kind) for kind in params.context.only or ()]
        marked = params.context.diagnostics
        return await server.ask(params.text_document.uri, code_actions, params.range, only, marked)

    @server.command(CONVERT)
    async def convert_to_document(path: str) -> None:
        await _convert(server, path)


async def _convert(server: Server, path: str) -> None:
    """Create the document of an input and show it; tell the user what differs, or why there is none."""
    converted = await server.ask(uri_of(path), convert) or Converted(None, "", [f"open {path} first"])
    if converted.edit is not None:
        workspace = server.client_capabilities.workspace
        edits = workspace.workspace_edit if workspace is not None else None
        if edits is None or types.ResourceOperationKind.Create not in (edits.resource_operations or ()):
            instead = f"run kasc import {shlex.quote(path)} -o FILE"
            _say(server, f"this editor cannot create files: {instead}", types.MessageType.Error)
            return
        applied = await server.workspace_apply_edit_async(types.ApplyWorkspaceEditParams(edit=converted.edit))
        if applied.applied and _can_show(server):
            await server.window_show_document_async(types.ShowDocumentParams(uri=converted.uri))
    kind = types.MessageType.Error if converted.edit is None else types.MessageType.Info
    for note in converted.notes:
        _say(server, note, kind)


def _can_show(server: Server) -> bool:
    window = server.client_capabilities.window
    return window is not None and window.show_document is not None and window.show_document.support


def _say(server: Server, message: str, kind: types.MessageType) -> None:
    server.window_show_message(types.ShowMessageParams(type=kind, message=clean(message)))


def _text(word: str | Enum) -> str:
    """Return a word of the protocol, which may be a member of one of its enumerations."""
    return str(word.value) if isinstance(word, Enum) else word
