"""Record what systemd makes of units, environment files and variables.

    python -m tools.record.systemd > tests/truth/recordings/dialects/systemd-grammar.jsonl

Units are loaded by `systemd --user --test`, which starts nothing; it must not run as root, so that root runs it as
nobody. Variables and environment files are read by functions of systemd's own library, libsystemd-shared.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_LIBRARIES = "/usr/lib/*/systemd/libsystemd-shared-*.so"
_SYSTEMD = "/lib/systemd/systemd"
_NOBODY = 65534
_RUN = "ExecStart=/bin/x "
_SERVICE = "[Service]\n"

# Name of the unit, its text below [Service], and its drop-ins.
_UNITS: list[tuple[str, str, dict[str, str]]] = [
    (name, text, {})
    for name, texts in {
        "kube-apiserver.service": (
            _RUN + "--a=b",
            _RUN + "--a=b\n",
            _RUN + "\\\n --a \\\n  --b\n",
            _RUN + "\\\n# c\n --a \\\n ; c \\\n --b\n",
            _RUN + "\\\n --a \\\n\n --b\n",
            _RUN + "\\\n --a \\\n   \n --b\n",
            _RUN + "--a \\ \n --b\n",
            _RUN + "--a \\\nRestart=no\n",
            _RUN + "--a\\\n--b\n",
            _RUN + "--a \\\\\n--b=1\n",
            _RUN + "'a \\\n b'\n",
            _RUN + "--a \\\r\n --b\r\n",
            "ExecStart=/bin/x --a\rEnvironment=A=1\n",
            _RUN + "\t--a\t \t--b",
            "  ExecStart  =  /bin/x --a  ",
            "execstart=/bin/y\n" + _RUN,
            _RUN + "--a=\"x y\" --b='x y' \"--c=x\"y'z' \"\" ''",
            _RUN + '--a={"A":true} --b=\'{"A":1}\' "it\'s" \'say "x"\'',
            _RUN + r"\a\b\f\n\r\t\v\\\"\'\s \x41\101 \u00e9\U0001F600 \xc3\xa9",
            _RUN + r"\q \x4 \u00 \U00110000 \400 \000 a\ b",
            _RUN + r"'\q \n' 'x",
            _RUN + '"x',
            "ExecStart=-/bin/x 'a",
            "ExecStart='/bin/x a",
            "ExecStart='/bin/x a\n" + _RUN,
            _RUN + "%n %N %p %P %i %I %j %J %f %T %V %% 50% %~ %-",
            _RUN + "%Z",
            "ExecStart=-/bin/x %Z\n" + _RUN + "--a",
            _RUN + '"%%x" %%%% \\x25n',
            "ExecStart=@/bin/x y --a",
            "ExecStart=@/bin/x",
            "ExecStart=-@:+/bin/x y ${A} $A $$A",
            "ExecStart=!!/bin/x",
            "ExecStart=!!!/bin/x",
            "ExecStart=+!/bin/x",
            "ExecStart=--/bin/x",
            "ExecStart=x --a",
            "ExecStart=./x --a",
            "ExecStart=/bin/x/",
            "ExecStart=-",
            "ExecStart=",
            "",
            "ExecStart=\n" + _RUN,
            _RUN + "1\n" + _RUN + "2\n",
            _RUN + "1\nExecStart=\n" + _RUN + "2\n",
            "Type=oneshot\n" + _RUN + "1\n" + _RUN + "2\n",
            "Type=oneshot\n" + _RUN + "1 ; /bin/y 2 \\; ';' \\\\; ;3 ; ; /bin/z\n",
            "Type=oneshot\nRestart=always\n" + _RUN,
            "Type=oneshot\nRestart=on-failure\n" + _RUN,
            "Type=nonsense\n" + _RUN,
            _RUN + "\n[Foo]\nExecStart=/bin/y\n[X-Foo]\nA=1\n[Service]\nX-A=1\nFoo=1\n=1\nfoo\n",
            _RUN + "\n[Service\nType=oneshot\n",
            _RUN + "\n[Ser'vice]\n",
            _RUN + "\n[]\n",
            'Environment=A=1 "B=x y" C= \'D="\' E=a\\x41 F=%n\n' + _RUN,
            'Environment=A=1 B 2=x =y G-H=1 "I"=1\n' + _RUN,
            'Environment=A=1 B="x\n' + _RUN,
            "Environment=A=1 B=\\q C=2\n" + _RUN,
            "Environment=A=1 B=%Z C=2\n" + _RUN,
            "Environment=A=1\nEnvironment=B=2 A=3\n" + _RUN,
            "Environment=A=1\nEnvironment=\nEnvironment=B=2\n" + _RUN,
        ),
        "kube-apiserver@blue-green.service": (_RUN + "%n %N %p %P %i %I %j %J %f",),
        "a-b@c\\x2dd.service": (_RUN + "%n %N %p %P %i %I %j %J %f",),
    }.items()
    for text in texts
]
_UNITS += [
    ("a-b.service", _RUN + "1", drop_ins)
    for drop_ins in (
        {"a-b.service.d/10.conf": "ExecStart=\nExecStart=/bin/x 2"},
        {"a-b.service.d/10.conf": "ExecStart=/bin/x 2"},
        {"a-b.service.d/10.conf": "ExecStart=\n"},
        {"a-b.service.d/x": "Environment=A=1", "a-b.service.d/.y.conf": "Environment=B=1"},
        {"a-b.service.d/b.conf": "Environment=A=1", "a-b.service.d/10.conf": "Environment=A=2 B=2"},
        {"a-.service.d/b.conf": "Environment=A=1", "service.d/a.conf": "Environment=A=2 B=2"},
        {"a-.service.d/x.conf": "Environment=A=1", "a-b.service.d/x.conf": "Environment=B=1"},
        {"service.d/x.conf": "Environment=A=1", "a-.service.d/x.conf": "Environment=B=1"},
        {"a-b.service.d/1.conf": "Environment=A=1\n[bad\nEnvironment=B=1", "a-b.service.d/2.conf": "Environment=C=1"},
        {"a-b.service.d/1.conf": "ExecStart=\nExecStart=/bin/x 'a\nEnvironment=B=1"},
    )
]
_UNITS += [
    (
        "a-b@c.service",
        _RUN + "1",
        {
            "a-b@.service.d/1.conf": "Environment=A=1",
            "a-@c.service.d/2.conf": "Environment=B=1",
            "a-@.service.d/3.conf": "Environment=C=1",
            "a-.service.d/4.conf": "Environment=D=1",
        },
    ),
]

_VARIABLES = {"ONE": "1", "TWO": "a b", "EMPTY": "", "QUOTED": "x 'y z' \"w\" \\n \\\" 'open"}
_WORDS = (
    *("$ONE", "x$ONE", "${ONE}", "x${ONE}y${TWO}", "$TWO", "${TWO}", "$EMPTY", "${EMPTY}", "$UNSET", "${UNSET}"),
    *("$QUOTED", "${QUOTED}", "$$ONE", "$$", "$", "x$", "$$$ONE", "$ONE$TWO", "$ONE-x", "$2", "${ONE", "${ONE:-x}y"),
    *("${ONE:x}${TWO}", "${A-B}", "${}", "$-", "a$${ONE}", "$x${ONE}", "-$ONE", "$ ONE"),
)
_FILES = (
    *("A=1\nB=2\n", "A=1", "A", "A=", "=1\nA=2", " A = 1 \n", "# A=1\n;B=2\n  #C=3\nD=4", "export A=1\nB=2\n"),
    *(
        'A="x y"\n',
        "A='x y'\n",
        "A=x y # z\n",
        "A=\"x\" 'y' z\n",
        'A="x" "y"\n',
        'A=x"y"\n',
        "A=it's\n",
        "A='it\n B=2\n",
    ),
    *('A="x\\"y\\\\z\\$w\\`v\\nu"\n', "A='x\\ny'\n", "A=x\\ny\\ z\n", "A=x \\\n y\n", 'A="x \\\n y"\n', "A=\\\n  x\n"),
    *(
        'A="x\n y"\nB=2\n',
        "A=x  \\ \nB=2",
        "# c \\\nA=1\nB=2",
        "A=1\r\nB=2\r\n",
        "A=x\\\r\ny\r\n",
        "A=$B ${C}\n",
        "A=%n\n",
    ),
    *(
        "2A=1\nA-B=1\nA.B=1\nC=1\n",
        "A=1\nA=2\n",
        "A=1;B=2\n",
        "\nA=1\n\n\nB=2",
        "A=a=b\n",
        "A=\t x\t\n",
        "A=\"\"\nB=''\n",
    ),
)


def main() -> int:
    """Write the recordings to standard output."""
    version = subprocess.run([_SYSTEMD, "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
    library = _Library()
    rows: list[dict[str, Any]] = [_unit(*case) for case in _UNITS]
    rows += [{"words": [word], "variables": _VARIABLES, "arguments": library.expand([word])} for word in _WORDS]
    rows += [{"file": text, "variables": library.read(text)} for text in _FILES]
    for number, row in enumerate(rows, 1):
        print(json.dumps({"id": f"systemd-grammar-{number:03}", "systemd": version, **row}, ensure_ascii=False))
    return 0


def _unit(name: str, text: str, drop_ins: dict[str, str]) -> dict[str, Any]:
    """Return a unit and what systemd reads from it; no commands if it refuses the unit."""
    files = {name: _SERVICE + text, **{path: _SERVICE + content for path, content in drop_ins.items()}}
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o777)
        for path, content in {**files, f"{name}.d/zzz.conf": "[Unit]\nDefaultDependencies=no\n"}.items():
            Path(directory, path).parent.mkdir(exist_ok=True)
            Path(directory, path).write_text(content, newline="", encoding="utf-8")
        output = _load(directory, name)
        log = [line.removeprefix(f"{directory}/") for line in output.split("\n") if line.startswith(directory)]
    block = re.search(rf"-> Unit {re.escape(name)}:\n(.*?)(?=\n-> |\Z)", output, re.DOTALL)
    loaded = block is not None and "Unit Load State: loaded" in block[1]
    commands = re.findall(r"-> ExecStart:\n(.*?)(?=\n\t+-> |\Z)", block[1] if block else "", re.DOTALL)
    lines = [line for part in commands for line in re.findall(r"Command Line: (.*)", part)]
    pairs = re.findall(r"\tEnvironment: (.*)", block[1] if block else "")
    return {
        "unit": name,
        "files": files,
        "refused": not loaded,
        "commands": [list(_unquoted(line)) for line in lines] if loaded else [],
        "environment": dict(pair.split("=", 1) for pair in pairs) if loaded else {},
        "log": log,
    }


def _load(directory: str, name: str) -> str:
    command = [_SYSTEMD, "--user", "--test", f"--unit={name}", "--log-target=console", "--log-level=info"]
    if os.geteuid() == 0:
        command = ["setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups", *command]
    environment = {"SYSTEMD_UNIT_PATH": directory, "HOME": "/nonexistent", "XDG_RUNTIME_DIR": directory}
    run = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False
    )
    return run.stdout.decode(errors="replace")


_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def _unquoted(line: str) -> Iterator[str]:
    """Yield the words of a command line as systemd prints it."""
    for match in re.finditer(r'"((?:[^"\\]|\\.)*)"|([^ "]+)', line):
        yield match[2] or re.sub(r"\\(.)", lambda escape: _ESCAPES.get(escape[1], escape[1]), match[1])


class _Library:
    def __init__(self) -> None:
        self.library = ctypes.CDLL(str(next(Path("/").glob(_LIBRARIES.lstrip("/")))))
        self.library.replace_env_argv.restype = ctypes.c_void_p

    def expand(self, words: list[str]) -> list[str]:
        """Return the arguments for words with variables: replace_env_argv of systemd before 254."""
        arguments = self._array(words)
        variables = self._array([f"{name}={value}" for name, value in _VARIABLES.items()])
        return self._strings(self.library.replace_env_argv(arguments, variables))

    def read(self, text: str) -> dict[str, str]:
        """Return the variables of an environment file, those with invalid names too: load_env_file_pairs."""
        result = ctypes.c_void_p()
        with tempfile.NamedTemporaryFile() as file:
            file.write(text.encode())
            file.flush()
            if self.library.load_env_file_pairs(None, file.name.encode(), ctypes.byref(result)) < 0:
                return {}
        strings = self._strings(result.value) if result.value else []
        return dict(zip(strings[::2], strings[1::2], strict=True))

    @staticmethod
    def _array(strings: list[str]) -> ctypes.Array[ctypes.c_char_p]:
        return (ctypes.c_char_p * (len(strings) + 1))(*(string.encode() for string in strings), None)

    @staticmethod
    def _strings(address: int) -> list[str]:
        found = []
        while (string := ctypes.cast(address, ctypes.POINTER(ctypes.c_char_p))[len(found)]) is not None:
            found.append(string.decode(errors="replace"))
        return found


if __name__ == "__main__":
    sys.exit(main())
