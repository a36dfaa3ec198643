"""The program `kasc lsp`, as an editor speaks to it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

pytest.importorskip("pygls")
pytest.importorskip("pytest_lsp")

import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient

from compiler.cli.lsp.uris import uri_of
from tests.cli.lsp.editing import SAMPLES
from tests.cli.lsp.test_diagnostics import BASE, SERVER

KASC = [sys.executable, "-c", "from compiler.cli import program; program()", "lsp"]
WRONG = BASE.replace("etcdServers", "etcdServrs")


@pytest_lsp.fixture(scope="module", config=ClientServerConfig(server_command=KASC))
async def client(lsp_client: LanguageClient, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[None]:
    workspace = types.WorkspaceClientCapabilities(
        apply_edit=True,
        workspace_edit=types.WorkspaceEditClientCapabilities(resource_operations=[types.ResourceOperationKind.Create]),
    )
    parameters = types.InitializeParams(
        capabilities=types.ClientCapabilities(workspace=workspace),
        root_uri=uri_of(str(tmp_path_factory.mktemp("project"))),
    )
    await lsp_client.initialize_session(parameters)
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


def test_wrong_options_are_usage_errors() -> None:
    done = subprocess.run([*KASC, "--files-root", "/nowhere"], capture_output=True, timeout=30, check=False)
    assert done.returncode == 2
    assert b"--files-root" in done.stderr
