"""Files that are hard to edit: anchors, flow collections, folded scalars, scripts, CRLF, several documents, bases."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler.changes.editing.edit import Edited
from compiler.diagnostics import Location
from compiler.inputs import Host
from compiler.review.examine import Settings
from tests.changes.editing import change, edited, flags_of

PROFILING, AGE, TTL = "profiling remove", "audit-log-maxage set 7", "event-ttl set 3h"
PLUGINS = "enable-admission-plugins"
HEAD = "extends: base.yaml\napiVersion: kasc/v1\nkind: APIServer\n"
POD = """\
apiVersion: v1
kind: Pod
metadata: {{name: &n apiserver}}
spec:
  containers:
  - name: *n
    image: registry.k8s.io/kube-apiserver:v1.36.0
    command: {command}
  - {{name: other, image: busybox, command: [sleep]}}
"""


def after(tmp_path: Path, text: str, *lines: str, name: str = "input.yaml") -> str:
    """Return a file after edits, all of which are made."""
    result = edits_of(tmp_path, text, *lines, name=name)
    assert not result.refused
    (file,) = result.files
    return file.after


def edits_of(tmp_path: Path, text: str, *lines: str, name: str = "input.yaml") -> Edited:
    path = tmp_path / name
    path.write_bytes(text.encode())
    wanted = [change(line) for line in lines]
    before = flags_of(str(path))
    result = edited(str(path), *wanted)
    made = {each.wanted.flag for each in result.applied}
    flags = flags_of(str(path), result.texts)
    assert {flag: texts for flag, texts in flags.items() if flag not in made} == {
        flag: texts for flag, texts in before.items() if flag not in made
    }
    return result


def test_items_in_brackets_go_with_one_comma_and_comments_stay(tmp_path: Path) -> None:
    command = """[kube-apiserver, --etcd-servers=https://1, '--profiling=false',  # not for us
      --audit-log-maxage, "3", # days
      --enable-admission-plugins=B]"""
    text = POD.format(command=command)
    assert after(tmp_path, text, PROFILING) == text.replace(" '--profiling=false',", "")
    assert after(tmp_path, text, AGE) == text.replace('"3"', '"7"')
    assert after(tmp_path, text, "audit-log-maxage remove") == text.replace(
        '      --audit-log-maxage, "3", # days\n', ""
    )
    assert after(tmp_path, text, f"{PLUGINS} remove-item B") == text.replace("--enable-admission-plugins=B]", "]")
    assert after(tmp_path, text, TTL) == text.replace("plugins=B]", "plugins=B,\n      --event-ttl=3h]")


def test_json(tmp_path: Path) -> None:
    text = """{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"containers": [{
  "image": "registry.k8s.io/kube-apiserver:v1.36.0", "name": "a",
  "command": [
\t"kube-apiserver",
\t"--etcd-servers=https://1",
\t"--profiling=false"
  ]}]}}"""
    assert after(tmp_path, text, PROFILING, name="a.json") == text.replace(',\n\t"--profiling=false"', "")
    assert after(tmp_path, text, TTL, name="a.json") == text.replace('false"', 'false",\n\t"--event-ttl=3h"')
    assert '"registry.k8s.io/kube-apiserver:v1.37.0"' in after(tmp_path, text, " set-version 1.37", name="a.json")


@pytest.mark.parametrize("mark", [">-", ">", "|"])
def test_scripts_in_blocks(tmp_path: Path, mark: str) -> None:
    end = " \\" if mark == "|" else ""
    text = POD.format(
        command=f"""
    - sh
    - -c
    - {mark}
      exec kube-apiserver --etcd-servers=https://1{end}
      --profiling=false{end}
      --audit-log-maxage='3' --enable-admission-plugins=A,B{end}
      --v=2"""
    )
    assert after(tmp_path, text, PROFILING) == text.replace(f"      --profiling=false{end}\n", "")
    assert after(tmp_path, text, AGE) == text.replace("'3'", "'7'")
    assert after(tmp_path, text, "v remove", PROFILING).count("--") == 3
    assert after(tmp_path, text, f"{PLUGINS} set-item C") == text.replace("=A,B", "=A,B,C")
    assert "--event-ttl=3h" in after(tmp_path, text, TTL)


def test_what_an_alias_repeats_is_not_edited(tmp_path: Path) -> None:
    text = POD.format(command="&c [kube-apiserver, --etcd-servers=https://1, --profiling=false]").replace(
        "[sleep]", "*c"
    )
    result = edits_of(tmp_path, text, PROFILING, TTL)
    assert not result.files
    assert "has an anchor" in result.refused[0].reason
    unused = text.replace("*c", "[sleep]")
    assert after(tmp_path, unused, PROFILING) == unused.replace(", --profiling=false", "")


def test_merge_keys(tmp_path: Path) -> None:
    text = """\
apiVersion: kasc/v1
kind: APIServer
kubernetesVersion: "1.36"
auditing: &auditing
  auditLogMaxage: 3
misc: {eventTTL: 1h}
deployment:
  labels: &labels {a: b}
  annotations:
    <<: *labels
    c: d
features: {profiling: false}
"""
    assert after(tmp_path, text, AGE, TTL) == text.replace("Maxage: 3", "Maxage: 7").replace("1h", "3h")
    assert after(tmp_path, text, PROFILING) == text.replace("features: {profiling: false}\n", "")


@pytest.mark.parametrize("end", ["", "\r\n"])
def test_line_ends(tmp_path: Path, end: str) -> None:
    lines = [
        *("apiVersion: kasc/v1", "kind: APIServer", "kubernetesVersion: 1.36 # now", "features:", "  profiling: false"),
        *("admission:", "  enableAdmissionPlugins: [A] # x", "auditing:", "  auditLogMaxage: 3"),
    ]
    result = after(
        tmp_path, "\r\n".join(lines) + end, PROFILING, AGE, TTL, f"{PLUGINS} set-item B", " set-version 1.37"
    )
    assert result == "\r\n".join(
        [
            *("apiVersion: kasc/v1", "kind: APIServer", "kubernetesVersion: 1.37 # now", "admission:"),
            *(
                "  enableAdmissionPlugins: [A, B] # x",
                "auditing:",
                "  auditLogMaxage: 7",
                "misc:",
                "  eventTTL: 3h" + end,
            ),
        ]
    )


def test_other_documents_of_the_file_stay(tmp_path: Path) -> None:
    other = "# first\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {}\n---\n"
    text = (
        other + POD.format(command="[kube-apiserver, --etcd-servers=https://1]") + "---\n" + other.removesuffix("---\n")
    )
    assert after(tmp_path, text, TTL) == text.replace("https://1]", "https://1, --event-ttl=3h]")


def test_bases_are_edited_where_they_decide_and_are_named(tmp_path: Path) -> None:
    base, path = tmp_path / "base.yaml", tmp_path / "cluster.yaml"
    base.write_text(
        "apiVersion: kasc/v1\nkind: APIServer\nkubernetesVersion: '1.36'\n"
        "auditing: {auditLogMaxage: 3}\nmisc: {eventTTL: 1h}\n"
    )
    path.write_text(f"{HEAD}misc:\n  eventTTL: 2h # ours\n")
    result = edited(str(path), change(AGE), change(TTL), change("profiling set false"))
    assert result.texts == {
        str(base): base.read_text().replace("3}", "7}"),
        str(path): path.read_text().replace("2h", "3h") + "features:\n  profiling: false\n",
    }
    assert [each.shared for each in result.applied] == [str(base), "", ""]
    assert result.applied[0].locations == (Location(str(base), 4, 28, 4, 29),)
    removed = edited(str(path), change("event-ttl remove"))
    assert removed.texts == {
        str(base): base.read_text().replace("misc: {eventTTL: 1h}\n", ""),
        str(path): HEAD,
    }


def test_shell_files(tmp_path: Path) -> None:
    text = """\
# Options of the server
KUBE_OPTS="--etcd-servers=https://1 \\
  --profiling=false \\
  --audit-log-maxage=3 --enable-admission-plugins=A,B \\
  --v=2"
"""
    assert after(tmp_path, text, PROFILING, name="a.env") == text.replace("  --profiling=false \\\n", "")
    assert after(tmp_path, text, AGE, TTL, name="a.env") == text.replace("=3 ", "=7 ").replace(
        "--v=2", "--v=2 --event-ttl=3h"
    )
    line = 'kube-apiserver --etcd-servers "https://1" --profiling --audit-log-maxage 3 --v 2\n'
    assert after(tmp_path, line, "profiling set false", "audit-log-maxage remove", "v remove", name="a.sh") == (
        'kube-apiserver --etcd-servers "https://1" --profiling=false\n'
    )


def test_argument_lists(tmp_path: Path) -> None:
    text = "kube-apiserver\n--etcd-servers=https://1\n--profiling=false\n--audit-log-maxage\n3"
    assert after(tmp_path, text, AGE, PROFILING, TTL, name="a.argv") == (
        "kube-apiserver\n--etcd-servers=https://1\n--audit-log-maxage\n7\n--event-ttl=3h"
    )


@pytest.mark.parametrize("by_root", [True, False])
def test_environment_files_of_a_unit(tmp_path: Path, by_root: bool) -> None:
    settings = Settings(root=str(tmp_path)) if by_root else Settings(host=Host(root=str(tmp_path)))
    unit = tmp_path / "etc/systemd/system/kube-apiserver.service"
    environment = tmp_path / "etc/kubernetes/apiserver"
    for path, text in (
        (
            unit,
            "[Service]\nEnvironmentFile=/etc/kubernetes/apiserver\nExecStart=/bin/kube-apiserver --v=${LEVEL} $ARGS\n",
        ),
        (environment, "# ours\nLEVEL=2\nARGS=--etcd-servers=https://1 --profiling=false\n"),
    ):
        path.parent.mkdir(parents=True)
        path.write_text(text)
    result = edited(str(unit), change(PROFILING), change("v set 4"), change(TTL), settings=settings)
    assert not result.refused
    assert result.texts == {
        str(unit): unit.read_text().replace("${LEVEL}", "4"),
        str(environment): "# ours\nLEVEL=2\nARGS=--etcd-servers=https://1 --event-ttl=3h\n",
    }
    removed = edited(str(unit), change("v remove"), settings=settings)
    assert removed.texts == {str(unit): unit.read_text().replace(" --v=${LEVEL}", "")}


def test_the_line_in_front_of_a_removed_last_flag_does_not_continue(tmp_path: Path) -> None:
    text = "kube-apiserver --etcd-servers=https://1 \\\n  --profiling=false \\\n  --v=2\n"
    assert after(tmp_path, text, "v remove", name="a.sh") == text.replace(" \\\n  --v=2", "")
    unit = f"[Service]\nExecStart=/bin/{text}Restart=always\n"
    assert after(tmp_path, unit, "v remove", name="a.service") == unit.replace(" \\\n  --v=2", "")
    assert after(tmp_path, unit, TTL, name="a.service") == unit.replace("--v=2", "--v=2 \\\n  --event-ttl=3h")
