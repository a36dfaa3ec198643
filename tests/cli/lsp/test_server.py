"""The program `kasc lsp`, as an editor speaks to it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

pytest.importorskip("pygls")
pytest.importorskip("pytest_lsp")

import pytest_lsp
from lsprotocol import types
from pygls.exceptions import JsonRpcRequestCancelled
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities

from compiler.cli.lsp.uris import uri_of
from tests.cli.lsp.editing import SAMPLES
from tests.cli.lsp.test_diagnostics import BASE, SERVER

KASC = [sys.executable, "-c", "from compiler.cli import program; program()", "lsp"]
WRONG = BASE.replace("etcdServers", "etcdServrs")


@pytest_lsp.fixture(scope="module", config=ClientServerConfig(server_command=KASC))
async def client(lsp_client: LanguageClient, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[None]:
    @lsp_client.feature(types.CLIENT_REGISTER_CAPABILITY)
    def register(params: types.RegistrationParams) -> None:
        assert [each.method for each in params.registrations] == [types.WORKSPACE_DID_CHANGE_WATCHED_FILES]

    # What Visual Studio Code can do; pytest-lsp fails tests whose answers need more.
    capabilities = client_capabilities("visual-studio-code")
    assert capabilities.general is not None
    capabilities.general.position_encodings = [types.PositionEncodingKind.Utf8]
    root = uri_of(str(tmp_path_factory.mktemp("project")))
    await lsp_client.initialize_session(types.InitializeParams(capabilities, root_uri=root))
    yield
    await lsp_client.shutdown_session()


def open_document(client: LanguageClient, path: Path, text: str) -> str:
    uri = uri_of(str(path))
    document = types.TextDocumentItem(uri=uri, language_id="yaml", version=1, text=text)
    client.text_document_did_open(types.DidOpenTextDocumentParams(document))
    return uri


def change(client: LanguageClient, uri: str, version: int, text: str) -> None:
    client.text_document_did_change(
        types.DidChangeTextDocumentParams(
            types.VersionedTextDocumentIdentifier(version=version, uri=uri),
            [types.TextDocumentContentChangeWholeDocument(text)],
        )
    )


async def shown(client: LanguageClient, uri: str, codes: list[str]) -> None:
    """Wait until a document has exactly these diagnostics."""
    for _ in range(500):
        if [each.code for each in client.diagnostics.get(uri, ())] == codes and uri in client.diagnostics:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"{client.diagnostics.get(uri)} has not become {codes}")


@pytest.mark.asyncio(loop_scope="module")
async def test_a_document_from_mistake_to_fix(client: LanguageClient, tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    uri = open_document(client, path, WRONG)
    await shown(client, uri, ["KASC-SCHEMA-001"])
    (diagnostic,) = client.diagnostics[uri]
    actions = await client.text_document_code_action_async(
        types.CodeActionParams(
            types.TextDocumentIdentifier(uri), diagnostic.range, types.CodeActionContext([diagnostic])
        )
    )
    assert actions
    fix = actions[0]
    assert isinstance(fix, types.CodeAction)
    assert fix.edit is not None
    change(client, uri, 2, BASE)
    await shown(client, uri, [])


@pytest.mark.asyncio(loop_scope="module")
async def test_many_changes_end_with_the_last(client: LanguageClient, tmp_path: Path) -> None:
    uri = open_document(client, tmp_path / "a.yaml", BASE)
    for version in range(2, 60):
        change(client, uri, version, (WRONG if version % 2 else BASE) + "#" * version)
    await shown(client, uri, ["KASC-SCHEMA-001"])


@pytest.mark.asyncio(loop_scope="module")
async def test_an_unsaved_parent_counts(client: LanguageClient, tmp_path: Path) -> None:
    base = tmp_path / "base.yaml"
    base.write_text(BASE)
    child = open_document(client, tmp_path / "a.yaml", SERVER)
    await shown(client, child, [])
    parent = open_document(client, base, WRONG)
    await shown(client, parent, ["KASC-SCHEMA-001"])
    client.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(parent)))
    await shown(client, parent, [])


@pytest.mark.asyncio(loop_scope="module")
async def test_a_file_on_disk_that_changes_counts(client: LanguageClient, tmp_path: Path) -> None:
    base = tmp_path / "base.yaml"
    base.write_text(BASE)
    await shown(client, open_document(client, tmp_path / "a.yaml", SERVER), [])
    base.write_text(WRONG)
    event = types.FileEvent(uri_of(str(base)), types.FileChangeType.Changed)
    client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([event]))
    await shown(client, uri_of(str(base)), ["KASC-SCHEMA-001"])


@pytest.mark.asyncio(loop_scope="module")
async def test_everything_that_an_editor_asks(client: LanguageClient, tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    uri = open_document(client, path, f"{BASE}features: {{profiling: f, x: '🙂', y: '🙂'}}\n")
    await shown(client, uri, ["KASC-SCHEMA-002", "KASC-SCHEMA-001", "KASC-SCHEMA-001"])
    line = BASE.count("\n")
    last = client.diagnostics[uri][-1].range.start
    # Bytes, as the client asked for: each emoji has four.
    assert (last.line, last.character) == (line, len("features: {profiling: f, x: '🙂', ".encode()))
    document = types.TextDocumentIdentifier(uri)
    place = types.Position(line, len("features: {profiling: f"))
    items = await client.text_document_completion_async(types.CompletionParams(document, place))
    assert isinstance(items, list)
    assert [each.label for each in items] == ["true", "false"]
    item = await client.completion_item_resolve_async(items[0])
    assert "--profiling" in str(item.documentation)
    found = await client.text_document_hover_async(types.HoverParams(document, types.Position(line, 14)))
    assert found is not None
    assert "--profiling" in str(found.contents)
    outline = await client.text_document_document_symbol_async(types.DocumentSymbolParams(document))
    assert "features" in [each.name for each in outline or ()]
    where = await client.text_document_definition_async(types.DefinitionParams(document, types.Position(4, 4)))
    assert isinstance(where, list)
    assert [each.range.start.line for each in where if isinstance(each, types.Location)] == [4]
    whole = types.Range(types.Position(0, 0), types.Position(line, 0))
    assert not await client.text_document_inlay_hint_async(types.InlayHintParams(document, whole))


@pytest.mark.asyncio(loop_scope="module")
async def test_requests_can_be_cancelled(client: LanguageClient, tmp_path: Path) -> None:
    # Each version takes much longer to read than the messages about it, so the last requests are waiting.
    text = BASE.replace("[NodeRestriction]", f"[{', '.join(f'P{number}' for number in range(8000))}]")
    uri = open_document(client, tmp_path / "a.yaml", text)
    parameters = types.HoverParams(types.TextDocumentIdentifier(uri), types.Position(4, 4))
    answers = []
    for number in range(40):
        change(client, uri, number + 2, text + "#" * number)
        name = f"cancelled-{number}"
        answers.append(client.protocol.send_request_async("textDocument/hover", parameters, msg_id=name))
    pending = [asyncio.ensure_future(each) for each in answers]
    await asyncio.sleep(0)
    for number in reversed(range(40)):
        client.cancel_request(types.CancelParams(id=f"cancelled-{number}"))
    results = await asyncio.wait_for(asyncio.gather(*pending, return_exceptions=True), 60)
    assert any(isinstance(each, JsonRpcRequestCancelled) for each in results)
    assert all(isinstance(each, JsonRpcRequestCancelled | types.Hover) for each in results)
    assert await client.text_document_hover_async(parameters) is not None


@pytest.mark.asyncio(loop_scope="module")
async def test_documents_that_are_not_open_have_no_answers(client: LanguageClient, tmp_path: Path) -> None:
    document = types.TextDocumentIdentifier(uri_of(str(tmp_path / "a.yaml")))
    assert await client.text_document_hover_async(types.HoverParams(document, types.Position(0, 0))) is None
    assert await client.text_document_document_symbol_async(types.DocumentSymbolParams(document)) is None


@pytest.mark.asyncio(loop_scope="module")
async def test_a_manifest_becomes_a_document(client: LanguageClient, tmp_path: Path) -> None:
    edits: list[types.ApplyWorkspaceEditParams] = []

    @client.feature(types.WORKSPACE_APPLY_EDIT)
    def apply(params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
        edits.append(params)
        return types.ApplyWorkspaceEditResult(applied=True)

    open_document(client, tmp_path / "kubeadm.yaml", (SAMPLES / "dialects/kubeadm.yaml").read_text())
    path = str(tmp_path / "kubeadm.yaml")
    await client.workspace_execute_command_async(types.ExecuteCommandParams("kasc.convertToDocument", [path]))
    assert len(edits) == 1
    create = (edits[0].edit.document_changes or ())[0]
    assert isinstance(create, types.CreateFile)
    assert create.uri.endswith("/kubeadm.kasc.yaml")


def test_the_server_ends_with_its_editor() -> None:
    done = subprocess.run(KASC, input=b"", capture_output=True, timeout=30, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_a_person_is_told_who_starts_it() -> None:
    controller, terminal = os.openpty()
    done = subprocess.run(KASC, stdin=terminal, capture_output=True, timeout=30, check=False)
    os.close(controller)
    os.close(terminal)
    assert done.returncode == 2
    assert b"editor" in done.stderr


def test_wrong_options_are_usage_errors() -> None:
    done = subprocess.run([*KASC, "--files-root", "/nowhere"], capture_output=True, timeout=30, check=False)
    assert done.returncode == 2
    assert b"--files-root" in done.stderr
