"""`kasc policy test PATH...`: check policy files, and whether their examples behave as they say."""

from __future__ import annotations

from argparse import Namespace

from compiler.cli.arguments import UsageError
from compiler.cli.common import check_version, complete_report, publish, usage_error
from compiler.cli.policies import policy_files


def run(options: Namespace) -> int:
    """Test every policy, and report. Returns 1 if a policy or an example is wrong."""
    from compiler.policies.testing import check_policy

    try:
        complete_report(options)
        if options.kubernetes_version is not None:
            check_version(options.kubernetes_version)
        paths = [file for path in options.paths for file in policy_files(path)]
    except UsageError as error:
        return usage_error(error)
    reports = [check_policy(path, options.kubernetes_version) for path in dict.fromkeys(paths)]
    return publish(options, reports)
