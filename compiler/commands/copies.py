"""Static Pods that more than one file of a directory declares."""

from __future__ import annotations

import os

from compiler.diagnostics import Location, Report, diagnose


class StaticPods:
    """The static Pods of the inputs of a run.

    The kubelet reads every file of its manifests directory whose name does not begin with a dot, whatever its ending,
    and no directory below it. Kubernetes: pkg/kubelet/config/file.go, extractFromDir.
    """

    def __init__(self) -> None:
        self.files: dict[tuple[str, str], str] = {}

    def add(self, report: Report) -> None:
        """One more input; its report gets a warning if a file beside it declares the same Pod."""
        directory, name = os.path.split(report.path)
        if not report.static_pod or name.startswith("."):
            return
        first = self.files.setdefault((os.path.abspath(directory), report.static_pod), name)
        if first != name:
            message = (
                f"{first} in the same directory declares the static Pod {report.static_pod} as well: in a manifests "
                "directory the kubelet reads both files and runs either of them"
            )
            hint = "move the copy that is not meant to run to another directory"
            report.add(diagnose("INPUT-21", message, hint, location=Location(report.path, 1, 1, 1, 2)))
