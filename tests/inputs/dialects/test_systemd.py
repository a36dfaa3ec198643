"""systemd units: the flags that kube-apiserver gets, and what systemd refuses or ignores."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given as given_by
from hypothesis import strategies as st

from compiler.diagnostics import Diagnostic, KascError, Location, Problems
from compiler.inputs import Host
from compiler.inputs.dialects import Request
from compiler.inputs.dialects.systemd import read
from compiler.inputs.source import Files
from compiler.inputs.source.node import Source
from compiler.review.examine import Settings, examine
from tests.inputs.dialects import pairs, predicted_and_real

UNIT = "kube-apiserver.service"
START = "ExecStart=/usr/local/bin/kube-apiserver"
SAMPLE = Path(__file__).resolve().parents[3] / "samples/dialects" / UNIT


@pytest.mark.parametrize("pair", pairs("systemd"), ids=lambda pair: pair["id"])
def test_recorded_pairs(pair: dict[str, Any], tmp_path: Path) -> None:
    predicted, real = predicted_and_real(pair, tmp_path)
    assert predicted == real


class Unit:
    """A unit in a directory, with files of the server in DIR/root if there are any."""

    def __init__(self, directory: Path, text: str, drop_ins: dict[str, str] | None = None, name: str = UNIT) -> None:
        self.directory = directory
        self.path = directory / name
        self.files = {name: text, **{f"{name}.d/{each}": content for each, content in (drop_ins or {}).items()}}
        for each, content in self.files.items():
            self.write(each, content)
        self.problems = Problems()

    def write(self, name: str, text: str) -> None:
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, newline="")

    def read(self, release: str = "", host: Host | None = None) -> list[str]:
        """Return the flags, as they are on the command line."""
        source = Source(str(self.path), self.path.read_bytes().decode())
        request = Request(
            "systemd", release, "1.36", source, [], str(self.path), host or self.host, Files(), self.problems
        )
        return [f"--{argument.flag}={argument.text}" for argument in read(request).arguments]

    @property
    def host(self) -> Host:
        root = self.directory / "root"
        return Host(root=str(root) if root.is_dir() else "")

    def found(self, code: str = "KASC-DIST") -> list[Diagnostic]:
        return [problem for problem in self.problems if problem.code.startswith(code)]

    def where(self, problem: Diagnostic) -> str:
        """Return the place of a finding: file, line, and the characters it covers."""
        at = problem.location
        assert at is not None
        name = os.path.relpath(at.file, self.directory)
        line = (self.directory / name).read_bytes().decode().split("\n")[at.line - 1]
        assert at.line == at.end_line
        return f"{name}:{at.line} {line[at.column - 1 : at.end_column - 1]}"

    def said(self, code: str = "KASC-DIST") -> list[str]:
        return [f"{self.where(problem)}: {problem.message}; {problem.hint}" for problem in self.found(code)]


def unit(directory: Path, *lines: str, **drop_ins: str) -> Unit:
    files = {f"{name}.conf": f"[Service]\n{text}" for name, text in drop_ins.items()}
    return Unit(directory, "[Service]\n" + "".join(f"{line}\n" for line in lines), files)


def test_arguments_have_their_places_in_the_unit(tmp_path: Path) -> None:
    service = unit(tmp_path, START + " \\", "  --v=2 '--event-ttl=1q' \\", '  --audit-log-path="/a b"')
    source = Source("unit", service.path.read_text())
    request = Request("systemd", "", "1.36", source, [], "-", Host(), Files(), Problems())
    v, ttl, path = read(request).arguments
    assert v.location == Location("unit", 3, 7, 3, 8)
    assert v.name_location == Location("unit", 3, 3, 3, 6)
    assert ttl.location == Location("unit", 3, 22, 3, 24)
    assert path.location == Location("unit", 4, 21, 4, 25)
    assert not v.origin


def test_drop_ins_next_to_the_unit(tmp_path: Path) -> None:
    service = unit(
        tmp_path,
        START + " --v=1",
        **{"20-flags": f"ExecStart=\n{START} --v=4 $EXTRA", "30-env": 'Environment="EXTRA=--profiling=false --v=5"'},
    )
    assert service.read() == ["--v=4", "--profiling=false", "--v=5"]
    assert not service.problems


def test_findings_are_reported_in_the_drop_in(tmp_path: Path) -> None:
    service = unit(tmp_path, START + " $A", a="Environment=A=--event-ttl=1q\nFoo=1")
    examined = examine(str(service.path), Settings(version="1.36"))
    places = {each.code: each.location for each in examined.report.diagnostics if each.location is not None}
    drop_in = str(tmp_path / f"{UNIT}.d/a.conf")
    assert places["KASC-DIST-002"] == Location(drop_in, 3, 1, 3, 4)
    assert places["KASC-PARSE-007"] == Location(drop_in, 2, 27, 2, 29)


def test_drop_ins_of_the_host(tmp_path: Path) -> None:
    service = unit(tmp_path, START + " $A $B", **{"10-a": "Environment=A=--v=1"})
    service.write(f"root/etc/systemd/system/{UNIT}.d/10-a.conf", "[Service]\nEnvironment=A=--v=2")
    service.write("root/usr/lib/systemd/system/kube-.service.d/b.conf", "[Service]\nEnvironment=B=--v=3")
    service.write("root/run/systemd/system/service.d/c.conf", "[Service]\nFoo=1")
    assert service.read() == ["--v=1", "--v=3"]
    assert service.said() == [
        'root/run/systemd/system/service.d/c.conf:2 Foo: systemd ignores the unknown key "Foo" in [Service]; '
        "correct the name, or remove it"
    ]


def test_masked_drop_ins_are_not_read(tmp_path: Path) -> None:
    service = unit(tmp_path, START + " $A", a="Environment=A=1")
    mask = tmp_path / f"{UNIT}.d/a.conf"
    mask.unlink()
    mask.symlink_to(os.devnull)
    service.write("root/usr/lib/systemd/system/service.d/a.conf", "[Service]\nEnvironment=A=--v=1")
    assert service.read() == []


def test_links_to_files_outside_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("[Service]\nEnvironment=A=--v=1\n")
    service = unit(tmp_path / "input", START + " $A", a="")
    link = tmp_path / f"input/{UNIT}.d/a.conf"
    link.unlink()
    link.symlink_to(tmp_path / "secret")
    assert service.read() == []
    assert "it is a link to a file outside" in service.found("KASC-DOC")[0].message


def test_environment_files(tmp_path: Path) -> None:
    service = unit(
        tmp_path,
        "EnvironmentFile=-/etc/a",
        "EnvironmentFile=/etc/b.*",
        "Environment=A=1 B=1 C=1",
        START + " $A $B --v=$C",
    )
    service.write("root/etc/a", "A='--v=1 --event-ttl=1q'\nB=--v=2\n")
    service.write("root/etc/b.1", "B=--v=3\n")
    service.write("root/etc/b.2", "export B=4\n")
    assert service.read() == ["--v=1", "--event-ttl=1q", "--v=3", "--v=$C"]
    assert service.said() == [
        'root/etc/b.2:1 export B: systemd ignores "export B": it is not a name of a variable; remove the word export'
    ]


def test_missing_environment_files(tmp_path: Path) -> None:
    service = unit(tmp_path, "EnvironmentFile=-/etc/a", "EnvironmentFile=/etc/b", "EnvironmentFile=/c*", START + " $A")
    (tmp_path / "root").mkdir()
    assert service.read() == []
    assert service.said("KASC-DIST-001") == [
        f'{UNIT}:3 /etc/b: systemd does not start the service: cannot read "/etc/b": no such file or directory; '
        "create the file, or write EnvironmentFile=-/etc/b if it may be missing",
        f'{UNIT}:4 /c*: systemd does not start the service: cannot read "/c*": no file matches; '
        "create the file, or write EnvironmentFile=-/c* if it may be missing",
    ]


def test_an_installed_unit_has_its_files_in_the_same_tree(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    directory = tmp_path / "etc/systemd/system"
    service = unit(directory, "EnvironmentFile=/etc/a", "EnvironmentFile=/etc/b", START + " $A")
    (tmp_path / "etc/a").write_text("A=--v=7")
    assert service.read() == ["--v=7"]
    assert [problem.location and problem.location.line for problem in service.found("KASC-DIST-001")] == [3]


def test_the_files_of_an_installed_unit_are_read_only_inside_the_root(tmp_path: Path) -> None:
    service = unit(tmp_path / "etc/systemd/system", "EnvironmentFile=/etc/a", START + " --v=${A}")
    (tmp_path / "etc/a").write_text("A=7")
    assert service.read() == ["--v=${A}"]
    assert len(service.found("KASC-DIST-004")) == 1


def test_variables_of_unavailable_files_are_unknown(tmp_path: Path) -> None:
    service = unit(tmp_path, "EnvironmentFile=/etc/a", "Environment=A=1", START + " --v=${A} $B --profiling=false")
    assert service.read() == ["--v=${A}", "--=$B", "--profiling=false"]
    assert service.said("KASC-DIST-004") == [
        f'{UNIT}:2 /etc/a: the environment file "/etc/a" is not available: its variables are unknown; '
        "pass --files-root DIR, the directory with the server's files, or --file-map SERVER=LOCAL"
    ]
    assert [self.message for self in service.found("KASC-INPUT-005")] == [
        "the value of ${A} is unknown; the argument that uses it is not checked",
        "$B may contain any flags: missing ones are not reported, and predictions lack them",
    ]


def test_unavailable_files_do_not_matter_without_variables(tmp_path: Path) -> None:
    service = unit(tmp_path, "EnvironmentFile=/etc/a", START + " --v=2")
    assert service.read() == ["--v=2"]
    assert not service.problems


def test_variables_and_specifiers_of_the_host_are_unknown(tmp_path: Path) -> None:
    service = unit(
        tmp_path, "PassEnvironment=P", START + " --v=${P} --external-hostname=%H --cert-dir=%S/x --a=${HOME}"
    )
    assert service.read()[:3] == ["--v=${P}", "--external-hostname=%H", "--cert-dir=/var/lib/x"]
    assert [problem.message.split(";")[0] for problem in service.found("KASC-INPUT-005")] == [
        "the value of ${P} is unknown",
        "the value of %H is unknown",
        "the value of ${HOME} is unknown",
    ]


def test_the_instance_of_a_template_is_unknown(tmp_path: Path) -> None:
    service = Unit(tmp_path, f"[Service]\n{START} --cert-dir=/x/%i --etcd-prefix=/%p", name="kube-apiserver@.service")
    assert service.read() == ["--cert-dir=/x/%i", "--etcd-prefix=/kube-apiserver"]
    service = Unit(tmp_path, f"[Service]\n{START} --cert-dir=/x/%i", name="kube-apiserver@a.service")
    assert service.read() == ["--cert-dir=/x/a"]


def test_variables_that_are_not_set(tmp_path: Path) -> None:
    service = unit(tmp_path, "UnsetEnvironment=C", "Environment=C=--v=9", START + " $A --v=${B} ${B} $C $A-x $A")
    assert service.read() == ["--v="]
    assert service.said("KASC-DIST-002") == [
        f'{UNIT}:4 ${{B}}: ${{B}} is not set: systemd replaces it with nothing in "--v=${{B}}"; '
        "set B with Environment= or in an EnvironmentFile=",
        f"{UNIT}:4 ${{B}}: ${{B}} is not set: systemd passes an empty argument; "
        "set B with Environment= or in an EnvironmentFile=; $B without braces would pass no argument",
        f'{UNIT}:4 $A-x: systemd drops the argument "$A-x": "A-x" is not a name of a variable; '
        "write ${NAME} for a variable inside of an argument, and $$ for a dollar sign",
        f"{UNIT}:4 $A: $A, $C are not set: systemd passes no argument for them; "
        "set it with Environment= or in an EnvironmentFile=, or remove it",
    ]


@pytest.mark.parametrize(
    ("unit_flags", "drop_in"), [(" --v=1", " --v=2 --profiling=false"), (" --v=2 --profiling=false", "")]
)
def test_of_several_commands_the_longest_is_checked(tmp_path: Path, unit_flags: str, drop_in: str) -> None:
    service = unit(tmp_path, START + unit_flags, a=f"ExecStart={START.partition('=')[2]}{drop_in}")
    assert service.read() == ["--v=2", "--profiling=false"]
    assert len(service.found("KASC-DIST-001")) == 1


@pytest.mark.parametrize(
    ("lines", "place", "message", "hint"),
    [
        (
            (START, START + " --v=2"),
            "3 ExecStart",
            "it has 2 commands, which only Type=oneshot allows",
            "remove all but",
        ),
        (("Type=oneshot", "Restart=always", START), "3 always", "cannot have Restart=always", "write Type=notify"),
    ],
)
def test_refused_services(tmp_path: Path, lines: tuple[str, ...], place: str, message: str, hint: str) -> None:
    service = unit(tmp_path, *lines)
    service.read()
    (said,) = service.said("KASC-DIST-001")
    assert said.startswith(f"{UNIT}:{place}: systemd refuses the unit: ")
    assert message in said
    assert hint in said


@pytest.mark.parametrize(
    ("text", "place", "message", "hint"),
    [
        ("[Service]\nType=simple\n", "1 [", "it has no ExecStart=", "write ExecStart="),
        (f"[Service]\n{START}\nExecStart=\n", "3 ExecStart", "it has no ExecStart=", "write ExecStart="),
        (f'[Service]\n{START} --a="b\n', '2 "b', "a quote is not closed", "close the quote"),
        (f"[Service]\n{START} --a=50%x\n", "2 %x", '"%x" is not a specifier', "write %% for a percent sign"),
        (
            "[Service]\nExecStart=./kube-apiserver\n",
            "2 ./kube-apiserver",
            "is not an absolute path",
            "write the absolute",
        ),
        ("[Service]\nExecStart=/usr/bin/\n", "2 /usr/bin/", "is a directory", "write the absolute path"),
        ("[Service]\nExecStart=@\n", "2 @", "the command has no program", "write the absolute path"),
        (f"[Service\n{START}\n", "1 [Service", "is not a valid section header", "write [Service]"),
    ],
)
def test_refused_units(tmp_path: Path, text: str, place: str, message: str, hint: str) -> None:
    service = Unit(tmp_path, text)
    with pytest.raises(KascError) as raised:
        service.read()
    problem = raised.value.diagnostic
    assert problem.code == "KASC-DIST-001"
    assert problem.message.startswith("systemd refuses the unit: ")
    assert message in problem.message
    assert hint in problem.hint
    assert service.where(problem) == f"{UNIT}:{place}"
    assert examine(str(service.path), Settings(read_as="systemd")).report.outcome == "reject"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (
            (START, "foo"),
            '3 foo: systemd ignores "foo": it is not an assignment; write KEY=VALUE, or # before a comment',
        ),
        ((START, "Restrat=no"), '3 Restrat: systemd ignores the unknown key "Restrat" in [Service]; write Restart='),
        ((START, "After=a"), '3 After: systemd ignores the unknown key "After" in [Service]; move it to [Unit]'),
        ((START, "[Servise]"), '3 [Servise]: systemd ignores the unknown section "[Servise]"; write [Service]'),
        (
            (START + " \\", "", "  --v=2"),
            '4 --v=2: systemd ignores "--v=2": ExecStart= ends in line 3; remove the empty line 3: it ends the command',
        ),
        (
            (START + " \\\\", "  --v=2 \\\\", "  --profiling=false \\\\", "  $A"),
            '3 --v=2 \\\\: systemd ignores "--v=2 \\\\" and the 2 lines after it: ExecStart= ends in line 2; '
            "write one backslash at the end of line 2: systemd reads two as an argument",
        ),
        (
            (START + " \\", "", "  --v=2", "  --v=3"),
            '4 --v=2: systemd ignores "--v=2" and the line after it: ExecStart= ends in line 3; '
            "remove the empty line 3: it ends the command",
        ),
        (
            (START, "  --v=2"),
            '3 --v=2: systemd ignores "--v=2": ExecStart= ends in line 2; end line 2 with a backslash',
        ),
        ((START, "Type=notifi"), '3 notifi: systemd ignores Type="notifi": it is not a valid value; write Type=notify'),
        (
            (START, "EnvironmentFile=etc/a"),
            '3 etc/a: systemd ignores "etc/a": it is not an absolute path; write EnvironmentFile=/PATH, without quotes',
        ),
        (
            (START, "Environment=A"),
            '3 A: systemd ignores "A": it is not an assignment; '
            'write NAME=VALUE, in quotes if the value has spaces: "NAME=A B"',
        ),
        (
            (START, "Environment=A=1 'B"),
            "3 'B: systemd ignores the rest of Environment=: a quote is not closed; "
            "close the quote, and write \\\\ for a backslash",
        ),
        (
            (START, "PassEnvironment=A-B"),
            '3 A-B: systemd ignores "A-B": it is not a name of a variable for PassEnvironment=; write NAME=VALUE',
        ),
        (
            (START + " --audit-log-path=\\q",),
            "2 \\q: systemd does not know the escape sequence \\q and keeps the backslash; write \\\\ for a backslash",
        ),
    ],
)
def test_ignored_parts(tmp_path: Path, lines: tuple[str, ...], said: str) -> None:
    service = unit(tmp_path, *lines)
    service.read()
    assert service.said() == [f"{UNIT}:{said}"]


def test_a_backslash_before_a_space_does_not_continue_the_line(tmp_path: Path) -> None:
    service = unit(tmp_path, START + " --v=2 \\ ", "  --profiling=false")
    assert service.read() == ["--v=2"]
    assert service.said() == [
        f"{UNIT}:2 \\: the backslash does not continue the line: systemd passes it as an argument; "
        "remove the backslash, or the white space after it if the command continues",
        f'{UNIT}:3 --profiling=false: systemd ignores "--profiling=false": ExecStart= ends in line 2; '
        "remove the white space after the backslash in line 2",
    ]


def test_an_invalid_drop_in_is_ignored_from_there_on(tmp_path: Path) -> None:
    service = unit(tmp_path, START + " $A $B", a="Environment=A=--v=1\n[bad\nEnvironment=B=--v=2")
    assert service.read() == ["--v=1"]
    assert service.found()[0].message == (
        'systemd ignores the rest of the drop-in: "[bad" is not a valid section header'
    )


def test_a_drop_in_alone_is_not_a_unit(tmp_path: Path) -> None:
    service = Unit(tmp_path / f"{UNIT}.d", "[Service]\nEnvironment=A=1\n", name="10.conf")
    with pytest.raises(KascError) as raised:
        service.read()
    assert raised.value.diagnostic.hint == f"pass the unit, {UNIT}: its drop-ins are read with it"


@pytest.mark.parametrize(
    ("command", "flags"),
    [
        ("@/usr/bin/kube-apiserver api --v=1", ["--v=1"]),
        (":/usr/bin/kube-apiserver --v=$$A", ["--v=$$A"]),
        ("/usr/bin/hyperkube apiserver --v=1", ["--v=1"]),
        ("/usr/bin/env A=1 /usr/bin/kube-apiserver --v=1", ["--v=1"]),
        ("/usr/bin/docker run --rm image kube-apiserver --v=1", ["--v=1"]),
        ("/bin/sh -c 'exec kube-apiserver --v=1 --profiling=false'", ["--v=1", "--profiling=false"]),
        ("/bin/bash -c 'X=3; kube-apiserver --v=$X --event-ttl=$${TTL}'", ["--v=3", "--event-ttl=2h"]),
    ],
)
def test_programs_that_run_the_server(tmp_path: Path, command: str, flags: list[str]) -> None:
    service = unit(tmp_path, "Environment=TTL=2h", f"ExecStart={command}")
    assert service.read() == flags


def test_the_first_server_of_a_oneshot_service_counts(tmp_path: Path) -> None:
    service = unit(
        tmp_path, "Type=oneshot", "ExecStart=/bin/x kube ; /bin/kube-apiserver --v=1 ; /bin/kube-apiserver --v=2"
    )
    assert service.read() == ["--v=1"]
    assert not service.problems


def test_a_unit_of_another_program(tmp_path: Path) -> None:
    service = unit(tmp_path, "ExecStart=/usr/bin/kubelet --kubeconfig=/etc/kube-apiserver")
    with pytest.raises(KascError) as raised:
        service.read()
    assert raised.value.diagnostic.code == "KASC-INPUT-003"
    assert service.where(raised.value.diagnostic) == f"{UNIT}:2 /usr/bin/kubelet"


def test_versions_of_systemd(tmp_path: Path) -> None:
    service = unit(tmp_path, START + " --runtime-config='api/all=true' --cert-dir=%D")
    assert service.read("219") == ["--runtime-config='api/all=true'", "--cert-dir=%D"]
    assert service.read("256.4") == ["--runtime-config=api/all=true", "--cert-dir=/usr/share"]
    with pytest.raises(KascError, match="%D"):
        service.read("252")


def test_findings_are_bounded(tmp_path: Path) -> None:
    service = unit(tmp_path, START, *(["Foo=1"] * 5000))
    service.read()
    assert len(service.found()) == 100
    assert sum(service.problems.unlisted.values()) == 4900


def test_the_sample_has_no_findings_but_notes() -> None:
    report = examine(str(SAMPLE), Settings(host=Host(), version="1.36")).report
    assert report.read_as == "systemd"
    assert report.outcome == "accept"
    assert not [each for each in report.diagnostics if each.code.startswith("KASC-DIST-00") and each.severity != "note"]


def mutations(text: str, number: int) -> str:
    """Return a text with pieces removed, repeated and inserted at random."""
    chance = random.Random(number)
    for _ in range(chance.randint(1, 6)):
        start, end = sorted(chance.randrange(len(text) + 1) for _ in range(2))
        piece = chance.choice(
            ["", text[start:end], "\\", "'", '"', "%", "$", "${", "\n", "[", "]", "=", ";", "\r", "\ud83d"]
        )
        text = (text[:start] + piece.encode(errors="replace").decode() + text[end:])[:20000]
    return text


@given_by(st.integers(0, 2**32) | st.text(max_size=200))
def test_any_text_is_read_or_refused(case: int | str) -> None:
    text = mutations(SAMPLE.read_text(), case) if isinstance(case, int) else f"[Service]\n{START}{case}"
    problems = Problems()
    request = Request("systemd", "", None, Source("unit", text), [], "-", Host(), Files(), problems)
    try:
        read(request)
    except KascError as error:
        problems.append(error.diagnostic)
    lines = text.count("\n") + text.count("\r") + 1
    assert all(each.location is None or 1 <= each.location.line <= lines for each in problems)
