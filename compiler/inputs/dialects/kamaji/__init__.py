"""TenantControlPlane of Kamaji: the arguments of kube-apiserver in the Deployment of a tenant control plane.

Kamaji: internal/builders/controlplane/deployment.go, buildKubeAPIServerCommand and mergeAPIServerArgs;
konnectivity_server.go, buildVolumeMounts.
"""

from __future__ import annotations

from functools import partial

from compiler import rules
from compiler.diagnostics import Diagnostic, KascError, Location, diagnose
from compiler.inputs import ServerInput
from compiler.inputs.arguments import Word
from compiler.inputs.dialects import Request
from compiler.inputs.dialects.fields import Reader, check_fields
from compiler.inputs.dialects.kamaji.checks import check_tenant
from compiler.inputs.dialects.kamaji.fields import TENANT
from compiler.inputs.dialects.kamaji.managed import DEFAULTS, SETTINGS, managed_flags
from compiler.inputs.dialects.kamaji.tenant import LAYERS, NEWEST, NO_MODE, TITLE, Tenant, kamaji_word
from compiler.inputs.dialects.releases import kubernetes_version, release_of
from compiler.inputs.dialects.words import set_by
from compiler.inputs.source.characters import place_in
from compiler.inputs.source.node import Node, find, items_of, text_of
from compiler.text import shown, shown_bare

_EGRESS = "/etc/kubernetes/konnectivity/configurations/egress-selector-configuration.yaml"


def read(request: Request) -> ServerInput:
    """Read the first TenantControlPlane of a file, with the DataStores in the same file."""
    tenants = [root for root in request.roots if text_of(root.get("kind")) == "TenantControlPlane"]
    if not tenants:
        raise KascError(_no_tenant(request))
    root = tenants[0]
    start = root.key_location("kind")
    _others_are_ignored(request, tenants[1:])
    unusable = check_fields(root, TENANT, "", request.problems, Reader(TITLE))
    release = release_of(request.release) or NEWEST
    if not request.release:
        request.assume_release(".".join(map(str, NEWEST)), location=start)
    tenant = Tenant(request, root, release, unusable)
    version = tenant.field("spec", "kubernetes", "version")
    check_tenant(tenant)
    managed = managed_flags(tenant, start)
    words = _merged(tenant, managed, start)
    return request.server(
        words,
        name=text_of(find(root, "metadata", "name")),
        start=start,
        version=kubernetes_version(text_of(version)),
        version_location=version.location if version is not None else None,
        fixed_flags=frozenset(managed) if LAYERS.covers(release) else frozenset(),
        settings=SETTINGS if LAYERS.covers(release) else None,
    )


def _no_tenant(request: Request) -> Diagnostic:
    message = "the file has no TenantControlPlane, so Kamaji starts no kube-apiserver"
    hint = "pass a TenantControlPlane of kamaji.clastix.io/v1alpha1"
    where = Location(request.source.name, 1, 1, 1, 2)
    return diagnose(rules.REFUSED_BY_DISTRIBUTION, message, hint, location=where)


def _others_are_ignored(request: Request, others: list[Node]) -> None:
    for other in others[:1]:
        name = text_of(find(other, "metadata", "name"))
        message = f"only the first TenantControlPlane of a file is read, not {shown(name)}"
        where = other.key_location("kind")
        hint = "check each TenantControlPlane in a separate file"
        request.problems.append(diagnose(rules.IGNORED_BY_DISTRIBUTION, message, hint, location=where))


def _merged(tenant: Tenant, managed: dict[str, Word], start: Location) -> list[Word]:
    """Return the arguments of the container: those of Kamaji, sorted, then those of the user.

    Kamaji: mergeAPIServerArgs; before 26.5.2 one sorted map, in which a flag of the user replaces any other.
    """
    path = "spec.controlPlane.deployment.extraArgs.apiServer"
    items = items_of(tenant.field(*path.split(".")))
    layers = LAYERS.covers(tenant.release)
    words = _of_user(tenant, items, path, managed if layers else {})
    names = {_name(word) for word in words}
    own = {flag: kamaji_word(flag, value, start) for flag, value in DEFAULTS.items() if flag not in names}
    if "authorization-mode" not in names and not ("authorization-config" in names and NO_MODE.covers(tenant.release)):
        own["authorization-mode"] = kamaji_word("authorization-mode", "Node,RBAC", start)
    own |= {flag: word for flag, word in managed.items() if layers or flag not in names}
    if layers:
        words = [*sorted(own.values(), key=lambda word: word.text), *words]
    else:
        words = sorted((*own.values(), *_last_of_each(tenant, words)), key=lambda word: word.text)
    return _with_konnectivity(tenant, words, start)


def _name(word: Word) -> str:
    """Return the name of the flag by which Kamaji merges a word: the text before an equals sign."""
    return word.text.partition("=")[0].removeprefix("--")


def _of_user(tenant: Tenant, items: list[Node], path: str, managed: dict[str, Word]) -> list[Word]:
    words = []
    for index, item in enumerate(items):
        place = f"{path}[{index}]"
        word = Word(text_of(item), item.location, place, partial(place_in, item))
        name = _name(word)
        if word.text.startswith("--") and name in managed:
            message = f"Kamaji ignores --{shown_bare(name)} of the user: it always sets this flag itself"
            setting = SETTINGS.get(name, "")
            hint = f"set {setting} instead" if setting else "remove it"
            _ignored(tenant, message, hint, item, place)
        else:
            words.append(word)
    return words


def _last_of_each(tenant: Tenant, words: list[Word]) -> list[Word]:
    """Return the last word of each name: Kamaji before 26.5.2 keeps the arguments of the user in a map."""
    last = {_name(word): word for word in words}
    for word in words:
        name = _name(word)
        if last[name] is not word:
            message = f"Kamaji ignores this use of --{shown_bare(name)}: only the last one counts"
            _ignored(tenant, message, "remove it", word.location, word.path)
    return [word._replace(text=word.text.removesuffix("=")) for word in last.values()]


def _with_konnectivity(tenant: Tenant, words: list[Word], start: Location) -> list[Word]:
    """Return the arguments with the egress selector file that the konnectivity addon adds or replaces."""
    addon = find(tenant.root, "spec", "addons", "konnectivity")
    flag = "--egress-selector-config-file"
    if addon is None or not isinstance(addon.value, dict):
        return words
    egress = set_by(flag.removeprefix("--"), _EGRESS, addon, TITLE, "spec.addons.konnectivity")
    uses = [word for word in words if word.text.startswith(flag)]
    for word in uses:
        message = f"Kamaji replaces {flag}: the konnectivity addon sets it"
        _ignored(tenant, message, "remove it, or remove spec.addons.konnectivity", word.location, word.path)
    return [egress if word in uses else word for word in words] if uses else [*words, egress]


def _ignored(tenant: Tenant, message: str, hint: str, at: Node | Location | None, path: str) -> None:
    where = at.location if isinstance(at, Node) else at
    tenant.request.problems.append(diagnose(rules.IGNORED_BY_DISTRIBUTION, message, hint, path=path, location=where))
