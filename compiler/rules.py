"""Every rule that a diagnostic can name: one table.

The ids of server rules are stable; a diagnostic's code is the id in the form `KASC-ETCD-003`.
"""

from typing import NamedTuple


class Rule(NamedTuple):
    """`source` names the Kubernetes file and function, or says why kasc itself holds to the rule."""

    title: str
    source: str
    severity: str = "error"
    of_server: bool = True


def own(title: str, why: str, severity: str = "error") -> Rule:
    """A rule of kasc's own, which no server knows."""
    return Rule(title, why, severity, of_server=False)


def risk(title: str, why: str, severity: str = "warning") -> Rule:
    """What the server starts with, and an operator would want to know; never an error."""
    return own(title, why, severity)


def _controls(*titles: str) -> dict[str, Rule]:
    """The controls 1.2.1, 1.2.2, ... of the CIS Kubernetes Benchmark: `--policy cis` judges by them."""
    source = "CIS Kubernetes Benchmark, section 1.2"
    return {
        f"CIS-{number:02}": own(f"control 1.2.{number}: {title}", source, "warning")
        for number, title in enumerate(titles, 1)
    }


_REGISTRY = "component-base/compatibility/registry.go: Set"
_VERSION = "component-base/compatibility/version.go: Validate"
_GATES = "component-base/featuregate/feature_gate.go: unsafeSetFromMap"
_LOGS = "component-base/logs/api/v1/options.go: Validate"
_GENERIC = "apiserver/pkg/server/options/server_run_options.go: Validate"
_ETCD = "apiserver/pkg/server/options/etcd.go: Validate"
_ENCRYPTION = "apiserver/pkg/server/options/encryptionconfig/config.go"
_ENCRYPTION_RULES = "apiserver/pkg/apis/apiserver/validation/validation_encryption.go"
_SERVING = "apiserver/pkg/server/options/serving.go: Validate"
_AUDIT = "apiserver/pkg/server/options/audit.go: Validate"
_AUDIT_POLICY = "apiserver/pkg/audit/policy/reader.go: LoadPolicyFromFile"
_AUDIT_RULES = "apiserver/pkg/apis/audit/validation/validation.go: ValidatePolicy"
_AUDIT_CHECKER = "apiserver/pkg/audit/policy/checker.go: ruleMatches"
_ADMISSION = "apiserver/pkg/server/options/admission.go: Validate"
_RESOURCE_CONFIG = "apiserver/pkg/server/resourceconfig/helpers.go: MergeAPIResourceConfigs"
_AUTHENTICATION = "pkg/kubeapiserver/options/authentication.go: Validate"
_TO_AUTHENTICATION_CONFIG = "pkg/kubeapiserver/options/authentication.go: ToAuthenticationConfig"
_JWT = "apiserver/pkg/apis/apiserver/validation/validation.go: ValidateAuthenticationConfiguration"
_OIDC = "apiserver/plugin/pkg/authenticator/token/oidc/oidc.go: New"
_AUTHORIZATION = "pkg/kubeapiserver/options/authorization.go: Validate"
_AUTHORIZERS = "apiserver/pkg/apis/apiserver/validation/validation.go: ValidateAuthorizationConfiguration"
_SERVICE_ACCOUNTS = "pkg/controlplane/apiserver/options/options.go: completeServiceAccountOptions"
_CONTROLPLANE = "pkg/controlplane/apiserver/options/validation.go"
_SERVER = "cmd/kube-apiserver/app/options/validation.go"
_EGRESS = "apiserver/pkg/server/egressselector"
_EGRESS_RULES = f"{_EGRESS}/config.go: ValidateEgressSelectorConfiguration"
_METRICS = "component-base/metrics/api/v1/config.go: Validate"

RULES: dict[str, Rule] = {
    # Reading a document
    "DOC-01": own("file cannot be read", "kasc needs to read the file"),
    "DOC-02": own("file is too large, too deep or expands too far", "bounds protect pipelines from hostile input"),
    "DOC-03": own("file is not text in UTF-8", "YAML and TOML are UTF-8 text"),
    "DOC-04": own("syntax error", "the file is not well-formed"),
    "DOC-05": own("key given twice", "the later value would silently win"),
    "DOC-06": own("value of a kind that the document cannot hold", "documents hold JSON's kinds of values"),
    "DOC-07": own("alias or merge key cannot be resolved", "YAML anchors must be defined before use"),
    "DOC-08": own("extends cannot be followed", "parents must exist and must not form a circle"),
    "DOC-09": own("more than one YAML document, or none", "one file describes one API server"),
    "DOC-10": own("file beside the document cannot be read", "its content is a part of the document"),
    "DOC-11": own("value that its flag cannot carry", "the server would read something else from the flag"),
    "DOC-12": own("path of two files", "one of them would take the other's place"),
    "DOC-20": own("file outside of the root", "an input reads only what is in its work tree or directory"),
    "DOC-30": own("findings that are not listed", "a report of everything would never end", "note"),
    # The schema of the document
    "SCHEMA-01": own("unknown key", "a key that nothing reads is a mistake"),
    "SCHEMA-02": own("value of the wrong type", "values are typed, so that a slip does not become a flag"),
    "SCHEMA-03": own("missing key", "the document says what it is"),
    "SCHEMA-04": own("value that is not allowed", "only some words mean something here"),
    "SCHEMA-05": own("malformed value", "the value has a form"),
    "SCHEMA-06": own("value that does not fit", "the value has to be one of several forms"),
    # Inputs
    "INPUT-01": own("input of an unknown kind", "kasc has to know what it reads"),
    "INPUT-02": own("quote that does not end", "a shell would wait for the rest"),
    "INPUT-03": own("nothing here runs kube-apiserver", "there are no flags to read"),
    "INPUT-04": own("structured file of an unknown kind", "no server reads it"),
    "INPUT-05": own("value that is not known here", "only the running server's environment has it", "note"),
    "INPUT-06": own("command that is no list of texts", "Kubernetes does not run such a container"),
    "INPUT-20": own("malformed input of an unknown kind", "kasc has to know what it reads"),
    "INPUT-21": own("static Pod that two files declare", "pkg/kubelet/config/file.go: extractFromDir", "warning"),
    # The Pod around a server
    "POD-01": own("file that is not in the container", "the server cannot read a file that no volume brings"),
    "POD-02": own("file that the container cannot write", "the server cannot start without writing it"),
    "POD-10": own("unknown field of a Pod", "the kubelet ignores it, and kubectl refuses the Pod"),
    "POD-11": own("field of the wrong type", "the kubelet cannot decode the Pod"),
    "POD-12": own("missing field of a Pod", "pkg/apis/core/validation/validation.go: ValidatePodCreate"),
    "POD-13": own("unsupported value in a Pod", "pkg/apis/core/validation/validation.go: ValidatePodCreate"),
    "POD-14": own("malformed value in a Pod", "pkg/apis/core/validation/validation.go: ValidatePodCreate"),
    "POD-15": own("duplicate in a Pod", "pkg/apis/core/validation/validation.go: ValidatePodCreate"),
    "POD-16": own("mount without a volume", "pkg/apis/core/validation/validation.go: ValidateVolumeMounts"),
    "POD-17": own("fields of a Pod that exclude each other", "pkg/apis/core/validation/validation.go"),
    "POD-18": own("Pod of another API version", "the kubelet does not decode it"),
    # Comments that suppress findings
    "IGNORE-01": own("suppression of nothing", "it would hide a later finding unseen", "warning"),
    "IGNORE-02": own("suppression of an unknown code", "it suppresses nothing", "warning"),
    "IGNORE-03": own("suppression without a reason", "who reads it later has to know why; it has no effect", "warning"),
    "IGNORE-04": own("suppression of an error", "the server refuses the input all the same", "warning"),
    # What depends on the host
    "HOST-01": own("service range that may not fit the host's address", "give --host-address to decide it", "warning"),
    "HOST-02": own("file that was not looked into", "kasc may not read it, or it is no regular file", "note"),
    # The command line and the version
    "VERSION-01": own("no Kubernetes version given", "rules and defaults differ by version", "note"),
    "VERSION-02": own("version is not recorded", "the nearest recorded version is used", "note"),
    "VERSION-03": own("unconfirmed fact", "read from source before the release, not confirmed by a server", "note"),
    "EMIT-01": own("value does not fit on a line", "a line break would smuggle in another flag"),
    "EMIT-02": own("path that cannot be mounted", "Kubernetes refuses a colon in a mount's path"),
    # The section `deployment`
    "DEPLOY-01": own("malformed name", "Kubernetes refuses the Pod"),
    "DEPLOY-02": own("malformed quantity, or one that does not fit", "Kubernetes refuses the Pod"),
    "DEPLOY-03": own("volume or mount that stands twice", "Kubernetes refuses the Pod"),
    "DEPLOY-04": own("path that cannot be mounted", "Kubernetes refuses the Pod, or the container cannot run"),
    "DRAIN-01": own("server that is killed before it has ended", "the Pod's grace period has to cover it", "warning"),
    "DRAIN-02": own("server that ends before its load balancer sees it", "requests still come to it", "warning"),
    # A real etcd against the storage manifest
    "VERIFY-01": own("keys that nothing explains", "the manifest explains every key of the server", "warning"),
    "VERIFY-02": own("objects stored in another version", "a value changes at its next write", "warning"),
    "VERIFY-03": own("objects stored in another media type", "a value changes at its next write", "warning"),
    "VERIFY-04": own("objects that an earlier provider encrypted", "a value changes at its next write", "warning"),
    "VERIFY-05": own("objects in the wrong etcd", "an override does not move what is there", "warning"),
    "VERIFY-06": own("etcd member that is not well", "the server needs a healthy etcd", "warning"),
    "VERIFY-07": own("objects that no provider can read", "listing their resource fails", "warning"),
    "VERIFY-08": own("an etcd that could not be read, or not to its end", "what is reported is partial"),
    # Risks: what the server starts with
    "RISK-01": risk(
        "document that gives service account tokens another issuer",
        "the server refuses tokens of issuers that it does not know",
    ),
    "RISK-02": risk(
        "service account issuer that is no https URL",
        "pkg/serviceaccount/openidmetadata.go: NewOpenIDMetadataProvider",
        "note",
    ),
    "RISK-03": risk("service account tokens that are not looked up", "a token outlives what it was made for"),
    "RISK-04": risk("static tokens", "they stand in plain text and never run out"),
    "RISK-05": risk(
        "anonymous requests beyond the health checks", "RBAC alone keeps them from everything else", "note"
    ),
    "RISK-06": risk("probes that the server does not let in", "a kubelet asks without credentials"),
    "RISK-07": risk(
        "groups of an identity provider without a prefix", "its groups can be named like those of Kubernetes", "note"
    ),
    "RISK-08": risk("every client can pass for a front proxy", "a front proxy tells the server who the user is"),
    "RISK-09": risk(
        "front proxy headers without the standard ones", "apiserver/pkg/server/options/authentication.go: Validate"
    ),
    "RISK-10": risk(
        "token lifetime that does not bind Pods",
        "pkg/controlplane/apiserver/options/options.go: completeServiceAccountOptions",
        "note",
    ),
    "RISK-11": risk("everything is allowed", "an authorizer that says yes is never overruled"),
    "RISK-12": risk("authorization without RBAC", "the control plane's own rights are roles"),
    "RISK-13": risk(
        "Node authorization without NodeRestriction",
        "the authorizer limits what kubelets read, the plugin what they write",
    ),
    "RISK-14": risk("guard of the cluster that is off", "it is on unless somebody says otherwise"),
    "RISK-15": risk("admission that refuses everything", "plugin/pkg/admission/deny/admission.go"),
    "RISK-20": risk("encryption that only reads", "the first provider writes"),
    "RISK-21": risk("secrets that are not encrypted", "encryption at rest is there for them"),
    "RISK-22": risk("encryption without the identity provider", "what was stored before cannot be read", "note"),
    "RISK-23": risk("weak encryption", "the documentation advises against it", "note"),
    "RISK-24": risk("KMS v1", "deprecated since 1.28"),
    "RISK-25": risk("key of readable text", "keys have to be random"),
    "RISK-30": risk("etcd in plain text", "etcd holds everything, secrets included"),
    "RISK-31": risk("events that stay too long, or cannot be written", "apiserver/pkg/storage/etcd3/store.go: Create"),
    "RISK-32": risk("watch cache off", "etcd answers every read itself", "note"),
    "RISK-40": risk("weak cipher suite", "Go counts it among the insecure ones"),
    "RISK-41": risk("old version of TLS", "TLS 1.0 and 1.1 are broken"),
    "RISK-42": risk("cipher suites that have no effect", "Go does not let them be chosen in TLS 1.3", "note"),
    "RISK-43": risk("every web page is let in", "apiserver/pkg/server/filters/cors.go: WithCORS"),
    "RISK-45": risk("webhook that anyone can pass for", "a webhook decides who may do what, or sees what is done"),
    "RISK-50": risk("audit backend without a policy", "apiserver/pkg/server/options/audit.go: ApplyTo"),
    "RISK-51": risk("audit policy without a backend", "apiserver/pkg/server/options/audit.go: ApplyTo"),
    "RISK-52": risk("audit log without bound", "a full disk stops the server"),
    "RISK-53": risk("credentials in the audit log", "apiserver/pkg/audit/policy/checker.go: EvaluatePolicyRule"),
    "RISK-60": risk("service range over addresses of machines", "a service's address hides the machine from Pods"),
    "RISK-61": risk("node ports over ports of the control plane", "kube-proxy takes them on every node"),
    "RISK-62": risk("no service range", "pkg/controlplane/apiserver/options/options.go: ServiceIPRange"),
    "RISK-63": risk("kubelets called without a certificate", "kubelets ask for one", "note"),
    "RISK-64": risk("kubelets that are not verified", "pkg/kubelet/client/kubelet_client.go", "note"),
    "RISK-70": risk("no time for requests", "apiserver/pkg/endpoints/filters/request_deadline.go: WithRequestDeadline"),
    "RISK-71": risk("no limit for busy clients", "apiserver/pkg/server/filters/maxinflight.go: WithMaxInFlightLimit"),
    "RISK-72": risk("contents of requests in the log", "client-go/rest/request.go: logBody", "note"),
    "RISK-73": risk("all experiments at once", "alpha features may break, and lose data"),
    "RISK-80": risk("deprecated flag", "the server warns of it"),
    "RISK-81": risk("feature gate that does nothing", "component-base/featuregate/feature_gate.go: unsafeSetFromMap"),
    "RISK-82": risk("feature gate on its way out", "component-base/featuregate/feature_gate.go: unsafeSetFromMap"),
    "RISK-83": risk("early format of a structured file", "early formats go", "note"),
    "RISK-84": risk("deprecated value", "the server or its documentation warns of it"),
    "RISK-96": risk("image policy that fails open", "plugin/pkg/admission/imagepolicy/admission.go: webhookError"),
    "RISK-97": risk(
        "authorization config that leaves roles or nodes out",
        "the rights of the control plane are roles, those of kubelets are decided by Node",
        "note",
    ),
    "RISK-98": risk(
        "authorization webhook that does not decide when it fails",
        "apiserver/plugin/pkg/authorizer/webhook/webhook.go: Authorize",
        "note",
    ),
    "RISK-100": risk("audit log in the container", "the container's own file system is lost when it restarts"),
    "RISK-101": risk("socket that is not in the container", "the server cannot connect to it"),
    "RISK-102": risk("Pod that mounts no volume", "the image of kube-apiserver has no such files"),
    "RISK-103": risk("audit log that cannot be rotated", "a mounted file cannot be renamed"),
    "RISK-104": risk("probe that cannot succeed", "the kubelet restarts the server, or it is never ready"),
    "RISK-105": risk("static Pod that is not the first document", "pkg/kubelet/config/common.go: tryDecodeSinglePod"),
    "RISK-90": risk("place that was not filled in", "nobody puts anything in here"),
    "RISK-91": risk("credentials in a URL", "command lines are visible to every process of the node"),
    "RISK-110": risk("resource that no API has", "the server accepts any name, and never looks it up"),
    "RISK-111": risk("plugin configuration that nothing reads", "apiserver/pkg/admission/config.go: ConfigFor"),
    "RISK-112": risk("flag given more than once", "github.com/spf13/pflag: the last value wins"),
    "RISK-113": risk("flag without effect", "the server reads it only together with another one"),
    "RISK-114": risk("several values in one", "the server takes them for one value"),
    "RISK-115": risk("signing key that verifies nothing", "pkg/serviceaccount/jwt.go: JWTTokenAuthenticator"),
    "RISK-116": risk("serving certificate without a name that clients use", "Go: crypto/x509, VerifyHostname"),
    "RISK-117": risk("certificate out of its dates, or soon to be", "Go: crypto/x509, Verify"),
    "RISK-118": risk("character that looks like another one", "the server takes it as it is written"),
    "RISK-119": risk("quotes that are part of a value", "only a shell removes quotes"),
    "RISK-120": risk("several flags in one argument", "the server takes them for one value"),
    "RISK-121": risk("field without effect", "client-go/tools/clientcmd: the other field wins"),
    # A running server against the health check definitions
    "PROBE-01": own("health check that fails", "the server is not live, or not ready"),
    "PROBE-02": own("health check that is missing", "the configuration gives it to the server", "warning"),
    "PROBE-03": own("health check that is not declared", "the configuration does not give it to the server", "warning"),
    "PROBE-04": own("health checks in another order", "the configuration says in which order they stand", "warning"),
    "PROBE-05": own("server of another version", "rules and checks differ by version", "warning"),
    "PROBE-06": own("server that could not be asked, or not for everything", "what is reported is partial"),
    "PROBE-07": own("checks that could not be asked one by one", "why one fails is told there alone", "note"),
    "PROBE-20": own("time that was over before everything was asked", "what is reported is partial"),
    # The policy `cis`
    **_controls(
        "anonymous requests reach health checks at most",
        "there are no static tokens",
        "services cannot take external IPs",
        "kubelets are called with a client certificate",
        "kubelets' certificates are verified",
        "not everything is allowed",
        "kubelets are authorized by Node",
        "roles decide, by RBAC",
        "floods of events are slowed down",
        "admission is not a formality",
        "images are pulled anew, with the credentials of each Pod",
        "Pods run with checked service accounts",
        "nothing is made in namespaces that go",
        "kubelets change their own node alone",
        "profiling is off",
        "an audit log is written",
        "audit logs are kept for 30 days",
        "ten old audit logs are kept",
        "audit logs hold 100 megabytes each",
        "requests have a deadline that fits",
        "service account tokens are looked up",
        "service account tokens have keys of their own",
        "etcd is called with a client certificate",
        "the server has a certificate that clients can verify",
        "clients can show certificates",
        "etcd's certificate is verified",
        "encryption at rest is configured",
        "secrets are encrypted by a strong provider",
        "only strong cipher suites are used",
        "service account tokens are not extended",
    ),
    # The grammar of flags
    "PARSE-01": Rule("unknown or malformed flag", "github.com/spf13/pflag: flag.go parseLongArg"),
    "PARSE-02": Rule("argument that is no flag", "cmd/kube-apiserver/app/server.go: NewAPIServerCommand"),
    "PARSE-03": Rule("not a boolean", "github.com/spf13/pflag: bool.go Set"),
    "PARSE-04": Rule("not a whole number", "github.com/spf13/pflag: int.go Set"),
    "PARSE-05": Rule("not a whole number from 0 up", "github.com/spf13/pflag: uint.go Set"),
    "PARSE-06": Rule("not a number", "github.com/spf13/pflag: float64.go Set"),
    "PARSE-07": Rule("not a duration", "github.com/spf13/pflag: duration.go Set"),
    "PARSE-08": Rule("not an IP address", "github.com/spf13/pflag: ip.go Set"),
    "PARSE-09": Rule("malformed list", "github.com/spf13/pflag: string_slice.go Set"),
    "PARSE-11": Rule("malformed list of numbers", "github.com/spf13/pflag: int32_slice.go Set"),
    "PARSE-12": Rule("malformed map", "github.com/spf13/pflag: string_to_string.go Set"),
    "PARSE-13": Rule("malformed pair", "component-base/cli/flag/map_string_string.go: Set"),
    "PARSE-16": Rule("not a port range", "apimachinery/pkg/util/net/port_range.go: Set"),
    "PARSE-17": Rule("malformed certificate pair", "component-base/cli/flag/namedcertkey_flag.go: Set"),
    "PARSE-18": Rule("not a verbosity", "k8s.io/klog/v2: klog.go Level.Set"),
    "PARSE-19": Rule("malformed verbosity by module", "component-base/logs/api/v1/pflags.go: Set"),
    "PARSE-20": Rule("not a quantity", "apimachinery/pkg/api/resource/quantity.go: ParseQuantity"),
    "PARSE-22": Rule("flag that was removed", "github.com/spf13/pflag: flag.go parseLongArg"),
    # Versions and feature gates
    "VER-01": Rule("not a version", _REGISTRY),
    "VER-02": Rule("version with a patch number", _REGISTRY),
    "VER-03": Rule("component named twice", _REGISTRY),
    "VER-04": Rule("component other than kube", _REGISTRY),
    "VER-05": Rule("emulated version out of range", _VERSION),
    "VER-06": Rule("minimum compatibility version out of range", _VERSION),
    "VER-07": Rule("emulation-forward-compatible without an older emulated version", _GENERIC),
    "VER-08": Rule("runtime-config-emulation-forward-compatible without an older emulated version", _GENERIC),
    "VER-09": Rule(
        "API newer than the emulated version", "apiserver/pkg/server/deleted_kinds.go: removeUnintroducedKinds"
    ),
    "VER-90": Rule("emulated version other than the binary's", _VERSION),
    "VER-CLOUD-1": Rule("in-tree cloud provider", "pkg/kubeapiserver/options/cloudprovider.go: Validate"),
    "FG-01": Rule("unknown feature gate", _GATES),
    "FG-02": Rule("locked feature gate", _GATES),
    "FG-03": Rule("feature gate newer than the emulated version", _GATES),
    "FG-04": Rule("feature gate without the gate that it needs", _GATES),
    "FG-05": Rule("feature gate without a value", _GATES),
    "FG-06": Rule("feature gate with a value that is no boolean", _GATES),
    "FG-07": Rule("feature gates with and without kube:", _REGISTRY),
    "FG-08": Rule("feature gates of another component", _REGISTRY),
    "FG-90": Rule("token node binding without its validation", "pkg/kubeapiserver/options/authentication.go: Validate"),
    "FG-91": Rule("node authorizer selectors without authorizer selectors", _CONTROLPLANE),
    "FG-92": Rule("control plane controller without dynamic resource allocation", _CONTROLPLANE),
    # Logging
    "LOG-01": Rule("unknown log format", _LOGS),
    "LOG-02": Rule("log flush frequency not above zero", _LOGS),
    "LOG-03": Rule("vmodule with another format than text", _LOGS),
    "LOG-04": Rule("split stream without its gate", _LOGS),
    "LOG-05": Rule("info buffer without its gate", _LOGS),
    # Generic server options
    "GEN-01": Rule("negative livez grace period", _GENERIC),
    "GEN-02": Rule("negative limit of requests in flight", _GENERIC),
    "GEN-03": Rule("negative limit of mutating requests in flight", _GENERIC),
    "GEN-04": Rule("negative request timeout", _GENERIC),
    "GEN-05": Rule("goaway chance out of range", _GENERIC),
    "GEN-06": Rule("negative minimum request timeout", _GENERIC),
    "GEN-07": Rule("negative storage initialization timeout", _GENERIC),
    "GEN-08": Rule("negative shutdown delay", _GENERIC),
    "GEN-09": Rule("negative watch termination grace period", _GENERIC),
    "GEN-10": Rule("unknown strict transport security directive", _GENERIC),
    "GEN-11": Rule("CORS origin that is no pinned expression", _GENERIC),
    "APF-01": Rule("priority and fairness without concurrency", "apiserver/pkg/server/options/feature.go: ApplyTo"),
    "APF-02": Rule("priority and fairness without its API", _CONTROLPLANE),
    # Storage
    "ETCD-01": Rule("no etcd server", _ETCD),
    "ETCD-02": Rule("unknown storage backend", _ETCD),
    "ETCD-03": Rule(
        "malformed etcd servers override", "apiserver/pkg/server/options/etcd.go: ParseEtcdServersOverrides"
    ),
    "ETCD-04": Rule("reload without an encryption config", _ETCD),
    "ETCD-05": Rule("unknown storage media type", _ETCD),
    "ETCD-06": Rule("malformed watch cache size", "apiserver/pkg/server/options/etcd.go: ParseWatchCacheSizes"),
    "ETCD-07": Rule("etcd client pair that cannot be used", "apiserver/pkg/storage/storagebackend/factory/etcd3.go"),
    "ETCD-08": Rule("etcd CA file that cannot be read", "apiserver/pkg/storage/storagebackend/factory/etcd3.go"),
    "ETCD-90": Rule("no etcd server to which a connection can be made", "etcd: client/v3/client.go: newClient"),
    "ETCD-91": own("etcd server to which no connection can be made", "the other servers bear its load", "warning"),
    "ENC-01": Rule("encryption config that cannot be read", _ENCRYPTION),
    "ENC-02": Rule("encryption config that cannot be decoded", _ENCRYPTION),
    "ENC-03": Rule("encryption config without entries", _ENCRYPTION_RULES),
    "ENC-04": Rule("entry without resources", _ENCRYPTION_RULES),
    "ENC-05": Rule("entry without providers", _ENCRYPTION_RULES),
    "ENC-06": Rule("provider of no kind, or of several", _ENCRYPTION_RULES),
    "ENC-07": Rule("provider without keys", _ENCRYPTION_RULES),
    "ENC-08": Rule("key without name or secret", _ENCRYPTION_RULES),
    "ENC-09": Rule("secret that is not base64", _ENCRYPTION_RULES),
    "ENC-10": Rule("secret of the wrong length", _ENCRYPTION_RULES),
    "ENC-11": Rule("resource with capital letters", _ENCRYPTION_RULES),
    "ENC-12": Rule("resource *", _ENCRYPTION_RULES),
    "ENC-13": Rule("resource that cannot be encrypted", _ENCRYPTION_RULES),
    "ENC-14": Rule("group in which nothing is stored", _ENCRYPTION_RULES),
    "ENC-15": Rule("one resource over all groups", _ENCRYPTION_RULES),
    "ENC-16": Rule("resource named twice", _ENCRYPTION_RULES),
    "ENC-17": Rule("resources that overlap in one entry", _ENCRYPTION_RULES),
    "ENC-18": Rule("resource that an earlier entry covers", _ENCRYPTION),
    "ENC-19": Rule("KMS plugin without a usable name", _ENCRYPTION_RULES),
    "ENC-20": Rule("KMS plugin named twice", _ENCRYPTION_RULES),
    "ENC-21": Rule("KMS timeout not above zero", _ENCRYPTION_RULES),
    "ENC-22": Rule("KMS endpoint that is no Unix socket", _ENCRYPTION_RULES),
    "ENC-23": Rule("KMS cache size out of place", _ENCRYPTION_RULES),
    "ENC-24": Rule("unknown KMS apiVersion", _ENCRYPTION_RULES),
    "ENC-25": Rule("KMS v1 without its gate", _ENCRYPTION),
    "SEC-01": own("key material in a document", "documents are committed, and artifacts are made from them"),
    "SEC-02": own("malformed reference to key material", "a reference names a variable or a file"),
    "SEC-03": own("secret in a flag", "artifacts contain no secrets"),
    # Secure serving
    "SERV-01": Rule("secure port out of range", _SERVING),
    "SERV-02": Rule("half a certificate pair in cert-dir", "client-go/util/cert/io.go: CanReadCertAndKey"),
    "SERV-03": Rule(
        "cert-dir cannot be written", "apiserver/pkg/server/options/serving.go: MaybeDefaultWithSelfSignedCerts"
    ),
    "SERV-04": Rule(
        "certificate without key, or key without certificate", "apiserver/pkg/server/options/serving.go: ApplyTo"
    ),
    "SERV-05": Rule("serving pair that cannot be used", "apiserver/pkg/server/dynamiccertificates"),
    "SERV-10": Rule("SNI pair that cannot be used", "apiserver/pkg/server/dynamiccertificates"),
    "SERV-06": Rule("unknown cipher suite", "component-base/cli/flag/ciphersuites_flag.go: TLSCipherSuites"),
    "SERV-07": Rule(
        "cipher suites without the one that HTTP/2 requires", "apiserver/pkg/server/secure_serving.go: Serve"
    ),
    "SERV-08": Rule("unknown TLS version", "component-base/cli/flag/ciphersuites_flag.go: TLSVersion"),
    "SERV-09": Rule("unknown or repeated curve", "component-base/cli/flag/curves_flag.go: TLSCurvePreferences"),
    # Authentication
    "SA-01": Rule("no service account issuer", _AUTHENTICATION),
    "SA-02": Rule("empty service account issuer", _AUTHENTICATION),
    "SA-03": Rule("service account issuer named twice", _AUTHENTICATION),
    "SA-04": Rule("service account issuer that is no URL", _AUTHENTICATION),
    "SA-05": Rule("no key to verify service account tokens with", _AUTHENTICATION),
    "SA-06": Rule("JWKS URI that is no https URL", _AUTHENTICATION),
    "SA-07": Rule("service account tokens cannot be signed", _CONTROLPLANE),
    "SA-08": Rule("token lifetime out of range", _SERVICE_ACCOUNTS),
    "SA-09": Rule("signing endpoint beside key files", _CONTROLPLANE),
    "SA-10": Rule("signing endpoint that is no socket's name", _CONTROLPLANE),
    "SA-11": Rule("external signer that cannot be used", _SERVICE_ACCOUNTS),
    "SA-12": Rule("signing key that cannot be used", _SERVICE_ACCOUNTS),
    "SA-13": Rule("verification key that cannot be used", "client-go/util/keyutil/key.go: PublicKeysFromFile"),
    "CA-01": Rule("client CA bundle that cannot be used", "apiserver/pkg/server/dynamiccertificates"),
    "CA-02": Rule("request header CA bundle that cannot be used", "apiserver/pkg/server/dynamiccertificates"),
    "SA-90": Rule("signing endpoint without its gate", _CONTROLPLANE),
    "RH-01": Rule("blank request header", "apiserver/pkg/server/options/authentication.go: Validate"),
    "RH-02": Rule("uid headers without X-Remote-Uid", "apiserver/pkg/server/options/authentication.go: Validate"),
    "RH-03": Rule("uid headers without their gate", "apiserver/pkg/server/options/authentication.go: Validate"),
    "RH-04": Rule("client CA bundles overlap", _AUTHENTICATION),
    "TOK-01": Rule(
        "token file that cannot be read", "apiserver/pkg/authentication/token/tokenfile/tokenfile.go: NewCSV"
    ),
    "WHA-01": Rule(
        "token webhook kubeconfig that cannot be used", "apiserver/pkg/util/webhook/webhook.go: LoadKubeconfig"
    ),
    "KUBECONFIG-01": own("field that a kubeconfig does not have", "the server ignores it", "warning"),
    "WHA-02": Rule(
        "unknown version of the token webhook", "apiserver/plugin/pkg/authenticator/token/webhook/webhook.go: New"
    ),
    "OIDC-01": Rule("OIDC flags without issuer and client", _AUTHENTICATION),
    "OIDC-02": Rule("OIDC flags beside an authentication config", _AUTHENTICATION),
    "OIDC-03": Rule("issuer URL of the oidc flags that cannot be used", _JWT),
    "OIDC-04": Rule("issuer of the oidc flags that issues service account tokens", _OIDC),
    "OIDC-05": Rule("oidc flags without a username claim", _JWT),
    "OIDC-06": Rule("CA file of the oidc flags that cannot be used", _TO_AUTHENTICATION_CONFIG),
    "OIDC-07": Rule("unknown signing algorithm", _OIDC),
    "JWT-01": Rule("authentication config that cannot be read", _TO_AUTHENTICATION_CONFIG),
    "JWT-02": Rule("anonymous requests configured by a file and a flag", _TO_AUTHENTICATION_CONFIG),
    "JWT-03": Rule("anonymous section that cannot be used", _JWT),
    "JWT-04": Rule("too many issuers", _JWT),
    "JWT-05": Rule("issuer URL that cannot be used", _JWT),
    "JWT-06": Rule("issuer or discovery URL that stands twice", _JWT),
    "JWT-07": Rule("discovery URL that cannot be used", _JWT),
    "JWT-08": Rule("missing, empty or repeated audience", _JWT),
    "JWT-09": Rule("audience policy that does not fit the audiences", _JWT),
    "JWT-10": Rule("certificate authority of an issuer that cannot be used", _JWT),
    "JWT-11": Rule("egress selection of an issuer that cannot be used", _JWT),
    "JWT-12": Rule("claim validation rule that cannot be used", _JWT),
    "JWT-13": Rule("username mapping that cannot be used", _JWT),
    "JWT-14": Rule("groups mapping that cannot be used", _JWT),
    "JWT-15": Rule("uid mapping that cannot be used", _JWT),
    "JWT-16": Rule("extra attribute that cannot be used", _JWT),
    "JWT-17": Rule("missing or repeated user validation rule", _JWT),
    "JWT-18": Rule(
        "expression about claims or a user that cannot be used", "apiserver/pkg/authentication/cel/compile.go"
    ),
    "JWT-19": Rule("username from an address that nobody verified", _JWT),
    "JWT-90": Rule("authentication config without its gate", _AUTHENTICATION),
    # Authorization
    "AZC-01": Rule("authorization config that cannot be read", "pkg/kubeapiserver/authorizer/config.go"),
    "AZC-02": Rule("authorization config without authorizers", "pkg/kubeapiserver/authorizer/config.go"),
    "AZ-01": Rule("unknown authorization mode", _AUTHORIZATION),
    "AZ-02": Rule("authorization mode named twice", _AUTHORIZATION),
    "AZ-03": Rule("ABAC without a policy file", _AUTHORIZATION),
    "AZ-04": Rule("Webhook without a config file", _AUTHORIZATION),
    "AZ-05": Rule("policy file without ABAC", _AUTHORIZATION),
    "AZ-06": Rule("webhook config without Webhook", _AUTHORIZATION),
    "AZ-07": Rule(
        "authorization webhook kubeconfig that cannot be used", "apiserver/pkg/util/webhook/webhook.go: LoadKubeconfig"
    ),
    "AZ-08": Rule(
        "unknown version of the authorization webhook", "apiserver/plugin/pkg/authorizer/webhook/webhook.go: New"
    ),
    "AZ-09": Rule("ABAC policy that cannot be read", "pkg/auth/authorizer/abac/abac.go: NewFromFile"),
    "AZ-10": Rule("authorization config beside authorization flags", _AUTHORIZATION),
    "AZC-03": Rule("unknown or repeated type of authorizer", _AUTHORIZERS),
    "AZC-04": Rule("missing, repeated or unusable name of an authorizer", _AUTHORIZERS),
    "AZC-05": Rule("webhook out of place, or missing", _AUTHORIZERS),
    "AZC-06": Rule("authorization webhook timeout out of range", _AUTHORIZERS),
    "AZC-07": Rule("negative cache time of an authorization webhook", _AUTHORIZERS),
    "AZC-08": Rule("unknown SubjectAccessReview version", _AUTHORIZERS),
    "AZC-09": Rule("unknown SubjectAccessReview version of match conditions", _AUTHORIZERS),
    "AZC-10": Rule("unknown failure policy", _AUTHORIZERS),
    "AZC-11": Rule("unknown connection type, or kubeconfig out of place", _AUTHORIZERS),
    "AZC-12": Rule("authorization webhook kubeconfig that cannot be used", _AUTHORIZERS),
    "AZC-13": Rule("match condition that cannot be used", _AUTHORIZERS),
    "AZC-14": Rule("authorization webhook in the cluster", "pkg/kubeapiserver/authorizer/reload.go"),
    "AZ-90": Rule("authorization config without its gate", _AUTHORIZATION),
    # Audit
    "AUD-01": Rule("unknown audit mode", _AUDIT),
    "AUD-02": Rule("audit buffer size not above zero", _AUDIT),
    "AUD-03": Rule("audit batch size not above zero", _AUDIT),
    "AUD-04": Rule("audit throttling without a rate", _AUDIT),
    "AUD-05": Rule("audit event size limit not above zero", _AUDIT),
    "AUD-06": Rule("audit batch limit below the event limit", _AUDIT),
    "AUD-07": Rule("unknown audit API version", _AUDIT),
    "AUD-08": Rule("unknown audit log format", _AUDIT),
    "AUD-09": Rule("negative audit log limit", _AUDIT),
    "AUD-10": Rule("audit log that cannot be opened", "apiserver/pkg/server/options/audit.go: ensureLogFile"),
    "AUD-11": Rule(
        "audit webhook kubeconfig that cannot be used", "apiserver/pkg/util/webhook/webhook.go: LoadKubeconfig"
    ),
    "AUD-12": Rule("audit webhook version that is no group and version", _AUDIT),
    "AUD-13": Rule("audit buffer that no memory holds", "apiserver/plugin/pkg/audit/buffered/buffered.go: NewBackend"),
    "AUDP-01": Rule("audit policy that cannot be read", _AUDIT_POLICY),
    "AUDP-02": Rule("audit policy that cannot be decoded", _AUDIT_POLICY),
    "AUDP-03": Rule("audit policy without rules", _AUDIT_POLICY),
    "AUDP-04": Rule("unknown audit level", _AUDIT_RULES),
    "AUDP-05": Rule("unknown stage", _AUDIT_RULES),
    "AUDP-06": Rule("malformed non-resource URL", _AUDIT_RULES),
    "AUDP-07": Rule("rule about resources and other URLs", _AUDIT_RULES),
    "AUDP-08": Rule("malformed group, or objects without their resource", _AUDIT_RULES),
    "AUDP-20": risk("audit rule that is never reached", _AUDIT_CHECKER),
    "AUDP-21": risk("verb that no request has", _AUDIT_CHECKER),
    "AUDP-22": risk("resource that no API has", _AUDIT_CHECKER),
    "AUDP-23": risk("group that no API has", _AUDIT_CHECKER),
    "AUDP-24": risk("subresource that no resource has", _AUDIT_CHECKER),
    "AUDP-25": risk("namespace that no request of the rule has", _AUDIT_CHECKER),
    "AUDP-26": risk("user or group that no request has", _AUDIT_CHECKER),
    "AUDP-27": risk("URL of resources among the other URLs", _AUDIT_CHECKER),
    "AUDP-90": own("field that the audit policy does not have", "the server ignores it with a warning", "warning"),
    # Admission
    "ADM-01": Rule("unknown plugin enabled", _ADMISSION),
    "ADM-02": Rule("unknown plugin disabled", _ADMISSION),
    "ADM-03": Rule("plugin enabled and disabled", _ADMISSION),
    "ADM-04": Rule("unknown plugin in admission-control", "pkg/kubeapiserver/options/admission.go: Validate"),
    "ADM-05": Rule("admission-control beside its successors", "pkg/kubeapiserver/options/admission.go: Validate"),
    # APIs
    "ADMC-01": Rule("admission config that cannot be read", "apiserver/pkg/admission/config.go"),
    "ADMC-02": Rule("admission config that cannot be decoded", "apiserver/pkg/admission/config.go"),
    "ADMC-03": Rule("plugin configuration that cannot be read", "apiserver/pkg/admission/config.go"),
    "ADMC-04": Rule("EventRateLimit without usable limits", "plugin/pkg/admission/eventratelimit"),
    "ADMC-05": Rule("ImagePolicyWebhook without a usable configuration", "plugin/pkg/admission/imagepolicy"),
    "ADMC-06": Rule("PodSecurity with an unusable configuration", "pod-security-admission/admission/api/validation"),
    "ADMC-07": Rule("webhook or policy plugin with an unusable configuration", "apiserver/pkg/admission/plugin"),
    "ADMC-08": Rule("ResourceQuota with an unusable configuration", "apiserver/pkg/admission/plugin/resourcequota"),
    "ADMC-09": Rule(
        "PodTolerationRestriction with an unusable configuration", "plugin/pkg/admission/podtolerationrestriction"
    ),
    "API-01": Rule("every API switched off", "apiserver/pkg/server/options/api_enablement.go: Validate"),
    "API-02": Rule("malformed runtime-config key", _RESOURCE_CONFIG),
    "API-03": Rule("unknown API group", "apiserver/pkg/server/options/api_enablement.go: Validate"),
    "API-04": Rule("unknown API version", _RESOURCE_CONFIG),
    "API-05": Rule("runtime-config value that is no boolean", _RESOURCE_CONFIG),
    "API-06": Rule("runtime-config wildcard that is neither true nor false", _RESOURCE_CONFIG),
    "API-07": Rule("runtime-config resource with capital letters", _RESOURCE_CONFIG),
    # Networking and peers
    "NET-01": Rule(
        "service range that is no IP range", "cmd/kube-apiserver/app/options/completion.go: getServiceIPAndRanges"
    ),
    "NET-02": Rule("service range too small", "pkg/controlplane/apiserver/options/options.go: ServiceIPRange"),
    "NET-03": Rule("more than two service ranges", _SERVER),
    "NET-04": Rule("service ranges of one family", _SERVER),
    "NET-05": Rule("service range too wide", _SERVER),
    "NET-06": Rule("service range of another family than the server's address", _SERVER),
    "NET-07": Rule("node port out of range", _SERVER),
    "NET-08": Rule("node port outside the node port range", _SERVER),
    "NET-09": Rule("unknown endpoint reconciler", "pkg/controlplane/instance.go: createEndpointReconciler"),
    "NET-10": Rule("apiserver count not above zero", _SERVER),
    "NET-91": Rule("advertised address that no Endpoints can hold", _SERVER),
    "KUB-01": Rule("kubelet client file that cannot be read", "client-go/transport/transport.go: loadTLSFiles"),
    "KUB-02": Rule("kubelet CA without a certificate", "client-go/transport/transport.go: rootCertPool"),
    "PRX-01": Rule("proxy client pair that cannot be used", "kube-aggregator/pkg/apiserver/apiserver.go"),
    "PEER-01": Rule("peer flags without their gate", _CONTROLPLANE),
    "PEER-02": Rule("peer proxy without a client certificate", "pkg/controlplane/apiserver/peer.go: BuildPeerProxy"),
    "PEER-90": Rule("peer proxy without storage versions", _CONTROLPLANE),
    "CLE-01": Rule("leadership lease not longer than its renew deadline", _CONTROLPLANE),
    "CLE-02": Rule("leadership renew deadline not longer than its retry period", _CONTROLPLANE),
    # Metrics
    "MET-01": Rule("hidden metrics of another than the previous version", _METRICS),
    "MET-02": Rule("malformed metric name", _METRICS),
    "MET-03": Rule("malformed metric label", _METRICS),
    "MET-04": Rule("manifest of metric labels that cannot be used", _METRICS),
    "MET-05": Rule("metric labels given twice", _METRICS),
    "MET-90": Rule("manifest of metric labels that crashes the server", "component-base/metrics/opts.go"),
    # Egress selector
    "EGR-01": Rule(
        "egress selector config that cannot be read", f"{_EGRESS}/config.go: ReadEgressSelectorConfiguration"
    ),
    "EGR-02": Rule("unknown proxy protocol", _EGRESS_RULES),
    "EGR-03": Rule("direct connection with a transport", _EGRESS_RULES),
    "EGR-04": Rule("HTTPConnect without exactly one transport", _EGRESS_RULES),
    "EGR-05": Rule("GRPC without a Unix socket", _EGRESS_RULES),
    "EGR-06": Rule("Unix socket without a name", _EGRESS_RULES),
    "EGR-07": Rule("proxy address that is no http or https URL", _EGRESS_RULES),
    "EGR-08": Rule("TLS settings for a plain http proxy", _EGRESS_RULES),
    "EGR-09": Rule("https proxy without usable certificates", _EGRESS_RULES),
    "EGR-10": Rule("unknown or repeated kind of peer", _EGRESS_RULES),
    "EGR-11": Rule("HTTPConnect over plain http", f"{_EGRESS}/egress_selector.go: getTLSConfig"),
    # Tracing
    "TRC-01": Rule(
        "tracing config that cannot be read", "apiserver/pkg/server/options/tracing.go: ReadTracingConfiguration"
    ),
    "TRC-02": Rule("sampling rate out of range", "component-base/tracing/api/v1/config.go: validateSamplingRate"),
    "TRC-03": Rule("endpoint of an unknown scheme", "component-base/tracing/api/v1/config.go: validateEndpoint"),
    # What ends the server after it passed every check
    "CHAIN-01": Rule("core API switched off", "pkg/registry/core/rest/storage_core.go: NewRESTStorage"),
    "CHAIN-02": own(
        "aggregator without its API",
        "the server crashes in kube-aggregator/pkg/apiserver/apiserver.go: NewWithDelegate",
    ),
    "RUN-01": Rule("storage version API without its group version", "apiserver/pkg/storageversion: writes wait for it"),
    "RUN-90": Rule("service CIDR allocator without its API", "pkg/registry/core/rest/storage_core.go: post-start hook"),
    "RUN-91": Rule("mutating admission policies without their API", "apiserver/pkg/admission/plugin/policy/mutating"),
    "RUN-02": own(
        "server that prints and ends", "the process ends in component-base/version/verflag: PrintAndExitIfRequested"
    ),
}
