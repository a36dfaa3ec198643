"""Options of logging.

Kubernetes: staging/src/k8s.io/component-base/logs/api/v1/options.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler import rules
from compiler.apiserver.options.group import OptionGroup
from compiler.apiserver.resolved_sections import JSONLog, Logging, TextLog
from compiler.text import shown
from compiler.upstream.catalog.facts import CHOICES

if TYPE_CHECKING:
    from compiler.apiserver.resolved import ResolvedConfig

_ALPHA = "LoggingAlphaOptions"


class LogsOptions(OptionGroup):
    """Kubernetes: LoggingConfiguration; validated and applied before the options complete."""

    name = "logs"

    def validate(self) -> None:
        """Kubernetes: LoggingConfiguration Validate."""
        flags = self.flags
        form = flags.text("logging-format")
        formats = CHOICES["logging-format"]
        if form not in formats:
            self.report_unknown_word(rules.UNKNOWN_LOGGING_FORMAT, "logging-format", formats)
        flag = "log-flush-frequency"
        if flags.number(flag) <= 0 and flags.ok(flag):
            self.report(
                rules.LOG_FLUSH_FREQUENCY_NOT_POSITIVE,
                f"--{flag} {flags.given(flag)} is not above 0",
                "write a duration, for example 5s",
                flag,
            )
        if flags.value("vmodule") and form != "text":
            message = f"--vmodule works with --logging-format text only, not {shown(form)}"
            self.report(rules.VMODULE_WITHOUT_TEXT_FORMAT, message, "remove --vmodule, or log as text", "vmodule")
        if self.context.gates.on(_ALPHA):
            return
        for kind in formats:
            stream, buffer = f"log-{kind}-split-stream", f"log-{kind}-info-buffer-size"
            if flags.on(stream):
                self.report(
                    rules.SPLIT_STREAM_WITHOUT_GATE,
                    f"--{stream} needs the gate {_ALPHA}",
                    f"enable {_ALPHA}",
                    stream,
                )
            if flags.number(buffer):
                self.report(
                    rules.INFO_BUFFER_WITHOUT_GATE, f"--{buffer} needs the gate {_ALPHA}", f"enable {_ALPHA}", buffer
                )

    def apply_to(self, config: ResolvedConfig) -> None:
        """Kubernetes: logsapi.ValidateAndApply."""
        flags = self.flags
        config.logging = Logging(
            format=flags.text("logging-format"),
            flush_frequency=flags.duration("log-flush-frequency"),
            verbosity=flags.number("v"),
            # Of a pattern that is given twice, the last level counts.
            vmodule=tuple(dict(flags.value("vmodule") or ()).items()),
            text=TextLog(
                split_stream=flags.on("log-text-split-stream"),
                info_buffer_size=flags.number("log-text-info-buffer-size"),
            ),
            json=JSONLog(
                split_stream=flags.on("log-json-split-stream"),
                info_buffer_size=flags.number("log-json-info-buffer-size"),
            ),
        )
