"""Options of audit logging.

Kubernetes: staging/src/k8s.io/apiserver/pkg/server/options/audit.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler import rules
from compiler.apiserver.options.group import OptionGroup
from compiler.apiserver.resolved_sections import Audit, AuditBatch, AuditTruncate, LogBackend, WebhookBackend
from compiler.rules import Rule
from compiler.text import shown
from compiler.upstream.catalog.facts import CHOICES

if TYPE_CHECKING:
    from compiler.apiserver.resolved import ResolvedConfig

_BACKENDS = ("audit-policy-file", "audit-log-path", "audit-webhook-config-file")
_ROUNDED_TO_ZERO = 2.0**-150
_LONGEST_NAME = 255
_LARGEST_CHANNEL = 2**45 - 12
"""Maximum capacity of a channel of pointers in Go, however much memory is available."""


class AuditOptions(OptionGroup):
    """Kubernetes: AuditOptions, with a log and a webhook backend."""

    name = "auditing"

    def validate(self) -> None:
        """Kubernetes: AuditOptions.Validate."""
        if self.flags.text("audit-log-path"):
            self._validate_backend("log")
            self._choice(rules.UNKNOWN_AUDIT_LOG_FORMAT, "audit-log-format")
            for flag in ("audit-log-maxage", "audit-log-maxbackup", "audit-log-maxsize"):
                self.report_negative(rules.NEGATIVE_AUDIT_LOG_LIMIT, flag)
        if self.flags.text("audit-webhook-config-file"):
            self._validate_backend("webhook")
        version = self.flags.text("audit-webhook-version")
        if version.count("/") > 1:
            flag = "audit-webhook-version"
            self.report(
                rules.INVALID_AUDIT_WEBHOOK_VERSION,
                f"--{flag} {shown(version)} is not a group and version",
                "write audit.k8s.io/v1",
                flag,
            )

    def _choice(self, rule: Rule, flag: str) -> bool:
        if self.flags.text(flag) in CHOICES[flag]:
            return True
        self.report_unknown_word(rule, flag, CHOICES[flag])
        return False

    def _validate_backend(self, backend: str) -> None:
        flags, name = self.flags, f"audit-{backend}"
        if self._choice(rules.UNKNOWN_AUDIT_MODE, f"{name}-mode") and flags.text(f"{name}-mode") == "batch":
            for rule, part in (
                (rules.AUDIT_BUFFER_SIZE_NOT_POSITIVE, "buffer-size"),
                (rules.AUDIT_BATCH_SIZE_NOT_POSITIVE, "max-size"),
            ):
                self._positive(rule, f"{name}-batch-{part}")
            if flags.on(f"{name}-batch-throttle-enable"):
                for part in ("qps", "burst"):
                    self._positive(rules.AUDIT_THROTTLE_WITHOUT_QPS, f"{name}-batch-throttle-{part}")
        # The webhook's version is checked in `validate`, whether the webhook is enabled or not.
        if backend == "log" or flags.text(f"{name}-version").count("/") < 2:
            self._choice(rules.UNKNOWN_AUDIT_VERSION, f"{name}-version")
        event, batch = f"{name}-truncate-max-event-size", f"{name}-truncate-max-batch-size"
        self._positive(rules.AUDIT_EVENT_SIZE_NOT_POSITIVE, event)
        if 0 < flags.number(event) > flags.number(batch) and flags.ok(event, batch):
            message = f"--{batch} {flags.number(batch)} is smaller than --{event} {flags.number(event)}"
            self.report(rules.AUDIT_BATCH_SMALLER_THAN_EVENT, message, f"write at least {flags.number(event)}", batch)

    def _positive(self, rule: Rule, flag: str) -> None:
        """Report a value that is not positive; NaN passes, and a value too small for 32 bits is 0, as in the server."""
        value = self.flags.value(flag) or 0
        if value <= _ROUNDED_TO_ZERO and self.flags.ok(flag):
            self.report(rule, f"--{flag} {value} is not above 0", "write a positive number", flag)

    def apply_to(self, config: ResolvedConfig) -> None:
        """Kubernetes: AuditOptions.ApplyTo. Without a policy no backend is built."""
        flags = self.flags
        policy = flags.text("audit-policy-file")
        self._check_files(policy)
        backends: tuple[LogBackend | WebhookBackend, ...] = ()
        if policy and flags.text("audit-log-path"):
            backends = (self._log(),)
        if policy and flags.text("audit-webhook-config-file"):
            backends = (*backends, self._webhook(config.egress_selector.dialers.controlplane))
        config.audit = Audit(policy_file=policy, backends=backends, enabled=bool(backends))
        others = (flag for flag in flags.arguments if flag.startswith("audit-") and flag not in _BACKENDS)
        config.add_flags("audit", "audit.backends", *others)

    def _check_files(self, policy: str) -> None:
        """Check the files that are opened at startup; without a policy, the webhook's kubeconfig is not."""
        webhook, path = "audit-webhook-config-file", self.flags.text("audit-log-path")
        if policy:
            from compiler.apiserver.config_files.audit_policy import load_audit_policy

            load_audit_policy(self.named("audit-policy-file"))
            if self.flags.text(webhook):
                from compiler.apiserver.config_files.kubeconfig import load_kubeconfig

                load_kubeconfig(self.named(webhook), rules.INVALID_AUDIT_WEBHOOK_KUBECONFIG)
        if path not in ("", "-"):
            self._check_log_file(path)

    def _check_log_file(self, path: str) -> None:
        """Kubernetes: AuditLogOptions.ensureLogFile, which also creates the directories."""
        problem = ""
        if path.rpartition("/")[2] in ("", ".", ".."):
            problem = "it is a directory"
        elif any(len(name.encode(errors="surrogateescape")) > _LONGEST_NAME for name in path.split("/")):
            problem = f"a file name cannot be longer than {_LONGEST_NAME} bytes"
        elif self.context.host.sees_files:
            from compiler.apiserver.config_files.keys import can_write_to

            if not can_write_to(self.context.host, path):
                problem = "it is a directory, or below a file"
        container = self.context.host.container
        blocked = container.write_problem(path) if container is not None else ""
        if blocked and not problem:
            message = f"--audit-log-path: the container cannot write {shown(path)}: {blocked}"
            self.report(
                rules.FILE_NOT_WRITABLE_IN_CONTAINER,
                message,
                "mount a writable hostPath volume for the directory",
                "audit-log-path",
            )
        if problem:
            message = f"--audit-log-path {shown(path)} cannot be written: {problem}"
            self.report(rules.AUDIT_LOG_NOT_WRITABLE, message, "name a file in a directory", "audit-log-path")

    def _log(self) -> LogBackend:
        """Kubernetes: AuditLogOptions.getWriter."""
        flags, path = self.flags, self.flags.text("audit-log-path")
        appends = flags.number("audit-log-maxsize") == 0 and self.context.catalog.behaviour("auditMaxsizeZeroAppends")
        return LogBackend(
            type="log",
            path=path,
            format=flags.text("audit-log-format"),
            rotates=path != "-" and not appends,
            maxage=flags.number("audit-log-maxage"),
            maxbackup=flags.number("audit-log-maxbackup"),
            maxsize=flags.number("audit-log-maxsize"),
            compress=flags.on("audit-log-compress"),
            mode=flags.text("audit-log-mode"),
            version=flags.text("audit-log-version"),
            batch=self._batch("audit-log"),
            truncate=self._truncate("audit-log"),
        )

    def _webhook(self, dialer: str | None) -> WebhookBackend:
        """Kubernetes: AuditWebhookOptions.newUntruncatedBackend."""
        flags = self.flags
        return WebhookBackend(
            type="webhook",
            config_file=flags.text("audit-webhook-config-file"),
            initial_backoff=flags.duration("audit-webhook-initial-backoff"),
            dialer=dialer,
            mode=flags.text("audit-webhook-mode"),
            version=flags.text("audit-webhook-version"),
            batch=self._batch("audit-webhook"),
            truncate=self._truncate("audit-webhook"),
        )

    def _batch(self, name: str) -> AuditBatch | None:
        """How a backend collects events; None if it does not."""
        flags = self.flags
        if flags.text(f"{name}-mode") != "batch":
            return None
        throttled = flags.on(f"{name}-batch-throttle-enable")
        size = f"{name}-batch-buffer-size"
        if flags.number(size) > _LARGEST_CHANNEL:
            message = f"--{size} {flags.number(size)} crashes kube-apiserver: the buffer does not fit into memory"
            self.report(rules.AUDIT_BUFFER_EXCEEDS_MEMORY, message, "write for example 10000", size)
        return AuditBatch(
            buffer_size=flags.number(size),
            max_size=flags.number(f"{name}-batch-max-size"),
            max_wait=flags.duration(f"{name}-batch-max-wait"),
            throttle_qps=flags.fraction(f"{name}-batch-throttle-qps") if throttled else None,
            throttle_burst=flags.number(f"{name}-batch-throttle-burst") if throttled else None,
        )

    def _truncate(self, name: str) -> AuditTruncate | None:
        """How a backend cuts events off; None if it does not."""
        flags = self.flags
        if not flags.on(f"{name}-truncate-enabled"):
            return None
        return AuditTruncate(
            max_event_size=flags.number(f"{name}-truncate-max-event-size"),
            max_batch_size=flags.number(f"{name}-truncate-max-batch-size"),
        )
