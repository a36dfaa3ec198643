"""Campaigns over inputs, the files that they name, fixes and artifacts."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import yaml

from compiler.artifacts import EVERY, artifacts_of, render
from compiler.artifacts.imported.faithful import import_input
from compiler.artifacts.imported.writer import NotInTomlError
from compiler.artifacts.targets.table import TARGETS
from compiler.diagnostics import Report
from compiler.inputs import DIALECT_KINDS, Host
from compiler.policies.judging import OwnPolicies, OwnPolicy
from compiler.policies.reading import InvalidPolicyError, read_policy
from compiler.policies.testing import check_policy
from compiler.review.examine import Examined, Settings, examine
from compiler.review.fixes import Fixer
from compiler.review.policies import ShippedPolicy
from tests.apiserver.config_files.der_bytes import certificate, pem
from tests.apiserver.config_files.pairs import pair
from tools.fuzz import seeds
from tools.fuzz.campaigns import CONTROLS, Campaign, check_reports, signature, write

_JUDGED = Settings(policies=(ShippedPolicy("cis"), ShippedPolicy("stig")))


class InputTargets:
    """Campaigns over inputs, which are written to a directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.campaigns = [
            Campaign("documents", 10, seeds.documents, self._input("input.yaml")),
            Campaign("documents in TOML", 4, seeds.toml_documents, self._input("input.toml")),
            Campaign("flags, scripts, units", 5, seeds.flags, self._input("input.txt", "argv", "flags")),
            Campaign("Pods and tools", 4, seeds.pods, self._input("input.yaml", "pod")),
            Campaign("files of distributions", 10, seeds.dialects, self._input("input.yaml", *DIALECT_KINDS)),
            Campaign("structured files", 10, seeds.structured, self._input("input.yaml", "config-file")),
            Campaign("structured files of documents", 4, seeds.structured, self._source),
            Campaign("files of the server", 6, self._server_files, self._server_file),
            Campaign("suppressions", 2, self._suppressed, self._input("input.yaml")),
            Campaign("policies", 2, seeds.policies, self._policy),
            Campaign("fixes", 1, seeds.documents, self._fixed),
            Campaign("artifacts and reports", 1, seeds.documents, self._compiled),
            Campaign("imported documents", 2, self._importable, self._imported),
        ]

    def _input(self, name: str, *forced: str) -> Callable[[bytes, Random], frozenset[str]]:
        """Return a run that checks a file as the detected kind, and sometimes as one of the `forced` kinds."""

        def run(data: bytes, random: Random) -> frozenset[str]:
            kind = random.choice((None, None, *forced))
            version = random.choice((None, None, None, "1.31", "1.37"))
            examined = examine(write(self.directory, name, data), Settings(kind, version, Host("192.0.2.2")))
            if random.random() < 0.02:
                check_reports(examined.report, random)
            return signature(examined.report)

        return run

    def _source(self, data: bytes, random: Random) -> frozenset[str]:
        """Check a structured file as the source of a document, for a random flag that reads one."""
        write(self.directory, "source.yaml", data)
        examined = examine(write(self.directory, "input.json", random.choice(_DOCUMENTS)))
        return signature(examined.report)

    def _server_files(self) -> list[bytes]:
        """Return files of the server; the first line is the name of the file on the server."""
        key_pair = pair("fuzz")
        spec = {"user": "a", "readonly": True}
        policy = json.dumps({"apiVersion": "abac.authorization.kubernetes.io/v1beta1", "kind": "Policy", "spec": spec})
        policies = f"{policy}\n" * 3
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "x",
            "clusters": [{"name": "c", "cluster": {"server": "https://a:1", "certificate-authority": "/f/ca"}}],
            "users": [
                {
                    "name": "u",
                    "user": {
                        "exec": {
                            "apiVersion": "client.authentication.k8s.io/v1",
                            "command": "x",
                            "interactiveMode": "Never",
                        }
                    },
                }
            ],
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        }
        contents = [
            key_pair.certificate,
            key_pair.key,
            pem("CERTIFICATE", certificate()),
            f"{key_pair.certificate}{key_pair.key}",
            'token,user,uid,"a,b"\n' * 3,
            policies,
            yaml.safe_dump(config),
            json.dumps(config),
        ]
        der = certificate()
        return [f"{name}\n{text}".encode() for name in _SERVER_FILES for text in contents] + [b"ca\n" + der]

    def _server_file(self, data: bytes, random: Random) -> frozenset[str]:
        name, _, content = data.partition(b"\n")
        file = name.decode(errors="replace")
        if file not in _SERVER_FILES:
            file = random.choice(_SERVER_FILES)
        root = self.directory / "root/f"
        root.mkdir(parents=True, exist_ok=True)
        path = root / file
        path.write_bytes(content)
        try:
            examined = examine(
                write(self.directory, "input.json", _WITH_FILES), Settings(host=Host(root=str(self.directory / "root")))
            )
        finally:
            path.unlink()
        return signature(examined.report)

    def _suppressed(self) -> list[bytes]:
        """Return documents with findings and comments that suppress some of them."""
        comments = ("# kasc: ignore KASC-RISK-013: why", "#kasc:ignore KASC-RISK KASC-ETCD-001,x:y", "# kasc: ignore")
        return [
            b"\n".join(f"{line}  {comment}".encode() for line in document.decode().split("\n"))
            for document in seeds.sample_documents()
            for comment in comments
        ]

    def _policy(self, data: bytes, random: Random) -> frozenset[str]:
        """Test a policy, and judge a server with it."""
        path = write(self.directory, "policy.yaml", data)
        found = signature(check_policy(path, random.choice((None, "1.31", "1.36"))))
        with suppress(InvalidPolicyError):
            own = OwnPolicies((OwnPolicy(read_policy(path), "2026-06-15"),))
            server = str(seeds.SAMPLES / "hardened/apiserver.yaml")
            found |= signature(examine(server, Settings(policies=(own,))).report)
        return found

    def _fixed(self, data: bytes, random: Random) -> frozenset[str]:
        path = write(self.directory, "input.yaml", data)
        fixer = Fixer(Settings(), lambda _: True)
        fixer.fix(path)
        for file in fixer.files.values():
            write(self.directory, "input.yaml", file.after.encode(errors="surrogatepass"))
            return signature(examine(path).report) | {"fixed"}
        return frozenset()

    def _compiled(self, data: bytes, random: Random) -> frozenset[str]:
        examined = examine(write(self.directory, "input.yaml", data), _JUDGED)
        self._check_artifacts(examined, random)
        check_reports(examined.report, random)
        return signature(examined.report) | {examined.report.outcome}

    def _importable(self) -> list[bytes]:
        return [*seeds.flags(), *seeds.pods(), *seeds.documents(), *seeds.dialects()]

    def _imported(self, data: bytes, random: Random) -> frozenset[str]:
        """Import an input; one that is accepted has a document, which is accepted as well."""
        settings = Settings(random.choice((None, None, "argv", "flags", "pod")), host=Host("192.0.2.2"))
        examined = examine(write(self.directory, "input.yaml", data), settings)
        with suppress(NotInTomlError):
            result = import_input(examined, settings, random.choice(("yaml", "toml")))
            if result is not None:
                assert not CONTROLS.search(result.text)
                return signature(examined.report) | {"imported"}
        return signature(examined.report)

    def _check_artifacts(self, examined: Examined, random: Random) -> None:
        """Check that the artifacts of an accepted input parse and have no control characters."""
        form = random.choice(("yaml", "json"))
        explicit, target = random.random() < 0.3, random.choice(list(TARGETS))
        others = [name for name in EVERY if name not in TARGETS]
        files = render(examined.resolved, examined.report, others, form, explicit) or {}
        if not examined.report.rejected:
            # A target that cannot express a flag is an error, which is not about the input.
            report = Report(examined.report.path)
            files |= render(examined.resolved, report, [target], form, explicit) or {}
            check_reports(report, random)
        for name, text in files.items():
            assert artifacts_of(name), name
            assert not CONTROLS.search(text), name
            if name.endswith(".json"):
                json.loads(text)
            elif name.endswith(".yaml"):
                [*yaml.load_all(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))]


_SERVER_FILES = ("ca", "crt", "key", "sa.pub", "sa.key", "tokens", "abac", "kubeconfig")


_WITH_FILES = json.dumps(
    {
        **seeds.BASE,
        "etcd": {
            "etcdServers": ["https://10.0.0.11:2379"],
            "etcdCAFile": "/f/ca",
            "etcdCertFile": "/f/crt",
            "etcdKeyFile": "/f/key",
        },
        "secureServing": {"tlsCertFile": "/f/crt", "tlsPrivateKeyFile": "/f/key"},
        "authentication": {
            **seeds.BASE["authentication"],
            "clientCAFile": "/f/ca",
            "tokenAuthFile": "/f/tokens",
            "serviceAccountKeyFile": ["/f/sa.pub"],
            "authenticationTokenWebhookConfigFile": "/f/kubeconfig",
        },
        "authorization": {
            "authorizationMode": ["Node", "RBAC", "ABAC", "Webhook"],
            "authorizationPolicyFile": "/f/abac",
            "authorizationWebhookConfigFile": "/f/kubeconfig",
        },
        "misc": {**seeds.BASE["misc"], "serviceAccountSigningKeyFile": "/f/sa.key"},
    }
).encode()


def _document(group: str, flag: str, **more: Any) -> bytes:
    """Return a document in which a flag reads the structured file source.yaml."""
    own = {**seeds.BASE.get(group, {}), flag: {"path": "/etc/x.yaml", "source": "source.yaml"}, **more}
    return json.dumps({**seeds.BASE, group: {key: value for key, value in own.items() if value is not None}}).encode()


_DOCUMENTS = (
    _document("auditing", "auditPolicyFile", auditLogPath="-"),
    _document("auditing", "auditWebhookConfigFile"),
    _document("etcd", "encryptionProviderConfig"),
    _document("authentication", "authenticationConfig"),
    _document("authorization", "authorizationConfig", authorizationMode=None),
    _document("admission", "admissionControlConfigFile"),
    _document("egressSelector", "egressSelectorConfigFile"),
    _document("traces", "tracingConfigFile"),
)
