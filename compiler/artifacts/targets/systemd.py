"""The target `systemd`: a unit that runs kube-apiserver."""

from __future__ import annotations

import re
from collections.abc import Iterator

from compiler.apiserver.health.shutdown import drain_of
from compiler.artifacts.targets.flags import Extras
from compiler.artifacts.targets.form import Form, Reason
from compiler.text import shown

PROGRAM = "/usr/local/bin/kube-apiserver"
_STOP = 90
"""Seconds for which systemd waits for a service to stop, by default."""
_PLAIN = re.compile(r"[A-Za-z0-9_./@:+=,^#-]+", re.ASCII)


class Unit(Form):
    """A service whose command has one flag a line. No flag follows from other settings of a unit."""

    def refusals(self, extras: Extras) -> Iterator[Reason]:
        """Yield the environment variables that systemd ignores."""
        for name, value in self.variables().items():
            if not _is_variable(name, value):
                message = (
                    f"systemd accepts only letters, digits and _ in names, and no control characters: {shown(name)}"
                )
                yield Reason("", message, f"change the variable, or omit {self.target.name} in --emit")

    def write(self, extras: Extras) -> str:
        """Return the unit."""
        words = [PROGRAM, *(quoted(f"--{flag}={value}", "$") for flag, value in extras.texts())]
        variables = [quoted(f"{name}={value}") for name, value in self.variables().items()]
        stop = self.deployment.get("terminationGracePeriodSeconds", drain_of(self.wanted.resolved.context).grace_period)
        lines = [
            f"# kube-apiserver {self.full_version}: /etc/systemd/system/{self.target.file}",
            "[Unit]",
            "Description=Kubernetes API server",
            "Documentation=https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/",
            "Wants=network-online.target",
            "After=network-online.target",
            "",
            "[Service]",
            "Type=notify",
            *(f"Environment={variable}" for variable in variables),
            "ExecStart=" + " \\\n  ".join(words),
            "Restart=on-failure",
            "RestartSec=5",
            *([f"TimeoutStopSec={stop}"] if stop > _STOP else []),
            "LimitNOFILE=65536",
            "",
            "[Install]",
            "WantedBy=multi-user.target",
            "",
        ]
        return "\n".join(lines)


def _is_variable(name: str, value: str) -> bool:
    """Whether systemd accepts an environment variable. systemd: src/basic/env-util.c, env_assignment_is_valid."""
    control = any((letter < " " and letter not in "\t\n") or letter == "\x7f" for letter in value)
    return re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name, re.ASCII) is not None and not control


def quoted(text: str, doubled: str = "") -> str:
    """Return a word that systemd reads as a string; `doubled` are characters that mean themselves if they are doubled.

    systemd: src/basic/extract-word.c, extract_first_word; src/core/load-fragment.c, config_parse_exec, for specifiers;
    src/basic/env-util.c, replace_env_argv, for variables, which only commands have.
    """
    text = re.sub(r'[\\"]', r"\\\g<0>", text).replace("\n", "\\n").replace("\t", "\\t")
    text = "".join(letter * 2 if letter == "%" or letter in doubled else letter for letter in text)
    return text if _PLAIN.fullmatch(text) else f'"{text}"'
