"""`kasc verify INPUT --etcd URL`: compare the storage manifest with the content of a real etcd."""

from __future__ import annotations

import os
from argparse import Namespace
from typing import Any

from compiler.apiserver.startup import Resolved
from compiler.apiserver.storage.layout import Layout
from compiler.artifacts.storage import manifest
from compiler.changes import diff
from compiler.changes.rollout.migration import as_data, as_text, migration
from compiler.cli.arguments import UsageError
from compiler.cli.common import FINE, HAS_ERRORS, STALE, USAGE, publish, report_on, settings_from, usage_error
from compiler.cluster import Deadline
from compiler.cluster.etcd import Credentials, Etcd, Health, addresses_of, configure_libraries
from compiler.cluster.etcd_messages import EtcdError, prefix_end
from compiler.cluster.verify_report import data, of_members, of_problem, of_scan, table
from compiler.cluster.verify_scan import Progress, Scan, ScanResult
from compiler.diagnostics import Report
from compiler.review.examine import Settings, examine
from compiler.text import clean, clean_line
from compiler.text.redaction import hide_credentials, hide_in_message
from compiler.upstream.etcd import without_user

PASSWORD = "KASC_ETCD_PASSWORD"
_LONGEST = 300.0
"""Seconds for all requests together."""
Cluster = tuple[frozenset[str], list[str]]
"""The servers of an etcd cluster as the manifest names them, and the URLs to connect to."""


def run(options: Namespace) -> int:
    """Scan every etcd of one input, and report differences from the manifest."""
    configure_libraries()
    try:
        settings = settings_from(options)
        examined = examine(options.input, settings)
        if examined.resolved is None or examined.report.rejected:
            publish(options, [examined.report])
            return USAGE if examined.resolved is None else HAS_ERRORS
        if options.plan_migration:
            return _plan(options, settings, examined.resolved)
        report = report_on(options.input, examined.report)
        results = verify(options, examined.resolved, report)
    except UsageError as problem:
        return usage_error(problem)
    partial = any(scan.problem for scan, _ in results)
    _write(options, report, results)
    if partial:
        return USAGE
    return STALE if any(report.all()) else FINE


def verify(options: Namespace, resolved: Resolved, report: Report) -> list[tuple[ScanResult, list[Health]]]:
    """Return the content of each etcd and the health of its members, and report what differs from the manifest.

    Raises UsageError for invalid options, before anything is asked.
    """
    deadline = _deadline(options)
    clusters = _clusters(options, resolved, deadline)
    layout = Layout(manifest(resolved), resolved.storage_factory)
    return [_verify(cluster, layout, options, resolved, deadline, report) for cluster in clusters]


def _deadline(options: Namespace) -> Deadline:
    return Deadline(options.timeout or _LONGEST, options.request_timeout)


def _clusters(options: Namespace, resolved: Resolved, deadline: Deadline) -> list[Cluster]:
    """Return the etcd clusters of --etcd, else those of the input. Raises UsageError."""
    factory = resolved.storage_factory
    common = frozenset(factory.servers)
    if not options.etcd:
        sets = [factory.servers, *factory.override_server_sets()]
        return _distinct([(frozenset(servers), list(servers)) for servers in dict.fromkeys(map(tuple, sets))], deadline)
    clusters: list[Cluster] = []
    for text in options.etcd:
        resource, equals, urls = text.partition("=")
        if equals and "//" not in resource:
            group, slash, name = resource.partition("/")
            if not slash:
                shown = hide_credentials(text)
                raise UsageError(f"invalid --etcd {shown!r}: write URL, or GROUP/RESOURCE=URL for an override")
            servers = frozenset(factory.servers_for(group, name))
        else:
            servers, urls = common, text
        members = [without_user(url) for url in urls.split(",") if url]
        if not members:
            raise UsageError(
                f"invalid --etcd {hide_credentials(text)!r}: write the URL of a member, for example "
                "https://10.0.0.11:2379"
            )
        clusters.append((servers, members))
    return _distinct(clusters, deadline)


def _distinct(clusters: list[Cluster], deadline: Deadline) -> list[Cluster]:
    """Return each cluster once, even if the input uses several names for it: clusters that share an address are one."""
    distinct: list[tuple[set[Any], Cluster]] = []
    for servers, urls in clusters:
        addresses = {address for url in urls for address in addresses_of(url, deadline.next_request())}
        same = next((entry for entry in distinct if entry[0] & addresses), None)
        if same is None:
            distinct.append((addresses, (servers, urls)))
        else:
            index = distinct.index(same)
            distinct[index] = (same[0] | addresses, (same[1][0] | servers, same[1][1]))
    return [cluster for _, cluster in distinct]


def _credentials(options: Namespace, resolved: Resolved) -> Credentials:
    """Return the client files of the options, else those of the input that are accessible on this machine."""

    def client_file(name: str) -> str:
        if path := getattr(options, f"etcd_{name}"):
            return str(path)
        on_server = resolved.context.flags.text(f"etcd-{name}")
        local = resolved.context.host.local(on_server) or on_server
        return local if local and os.path.isfile(local) else ""

    password = os.environ.get(PASSWORD, "") if options.user else ""
    return Credentials(
        client_file("cafile"), client_file("certfile"), client_file("keyfile"), options.user or "", password
    )


def _verify(
    cluster: Cluster, layout: Layout, options: Namespace, resolved: Resolved, deadline: Deadline, report: Report
) -> tuple[ScanResult, list[Health]]:
    """Get the health of every member, and scan the cluster through the first healthy one."""
    servers, urls = cluster
    members, etcd = _members(urls, _credentials(options, resolved), deadline)
    if len(members) > 1 or etcd is not None:
        report.extend(of_members(members))
    result = ScanResult(etcd.url if etcd else ",".join(urls))
    if etcd is None:
        result.problem, result.hint = members[-1].problem, members[-1].hint
    else:
        progress = Progress(etcd, options.prefix)
        try:
            Scan(layout, options.sample, options.all, options.prefix or "").run(etcd, result, progress.step)
        except EtcdError as error:
            result.problem, result.hint = str(error), error.hint
        finally:
            progress.end()
            etcd.close()
        result.mask(etcd.mask)
        report.extend(of_scan(result, servers))
    if result.problem:
        report.add(of_problem(result))
    return result, members


def _members(urls: list[str], credentials: Credentials, deadline: Deadline) -> tuple[list[Health], Etcd | None]:
    """Return the health of every member, and a connection to the first readable one."""
    members: list[Health] = []
    first: Etcd | None = None
    for url in urls:
        try:
            etcd = Etcd(url, credentials, deadline=deadline)
        except EtcdError as error:
            members.append(Health(url, problem=str(error), hint=error.hint))
            continue
        members.append(etcd.health())
        if first is None and members[-1].answers:
            first = etcd
        else:
            etcd.close()
    return members, first


def _write(options: Namespace, report: Report, results: list[tuple[ScanResult, list[Health]]]) -> None:
    if options.output == "text" and not options.quiet:
        for scan, _ in results:
            if not scan.keys:
                continue
            if len(results) > 1:
                print(clean(scan.url))
            print("\n".join(map(clean, table(scan))))
            if scan.outside:
                print(f"{scan.outside} keys are outside the prefix and were not checked")
    more = {
        "verify": [data(scan, members, bool(scan.problem)) for scan, members in results],
        "partial": any(scan.problem for scan, _ in results),
    }
    publish(options, [report], more=more)


def _plan(options: Namespace, settings: Settings, new: Resolved) -> int:
    """Print the migration plan from another input to this one, with key counts if --etcd is set."""
    examined = examine(options.plan_migration, settings)
    if examined.resolved is None:
        publish(options, [examined.report])
        return USAGE
    comparison = diff(examined.resolved, new)
    if options.etcd:
        try:
            url = without_user(options.etcd[0].split(",")[0])
            etcd = Etcd(url, _credentials(options, examined.resolved), deadline=_deadline(options))

            def count(prefix: str) -> int | None:
                start = f"{prefix}/".encode()
                return etcd.count(start, prefix_end(start))

            steps = migration(comparison, count)
        except EtcdError as error:
            return usage_error(f"{hide_in_message(str(error))}: {error.hint}")
    else:
        steps = migration(comparison)
    if options.output == "json":
        import json

        print(json.dumps({"schemaVersion": 1, "plan": as_data(steps)}, indent=1))
    else:
        print("\n".join(map(clean_line, as_text(steps))))
    return FINE
