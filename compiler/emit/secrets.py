"""No artifact contains a secret: what the server ignores is left out, and anything else is refused.

Secrets in structured files are refused when the document is read; here it is about the values of flags.
"""

from __future__ import annotations

from compiler.diagnostics import KascError, diagnose
from compiler.flags.arguments import Argument
from compiler.flags.csv_record import write_record
from compiler.flags.values import TYPES
from compiler.options.run import ServerRunOptions
from compiler.redaction import has_credentials, is_key_material
from compiler.storage.endpoints import without_user

_SIGNS = ("@", "-----", "eyJ", "LS0t", "earer ", "EARER ")
"""What every credential or key has one of; most values have none."""
_ENDPOINTS = ("etcd-servers", "etcd-servers-overrides")


def written_value(argument: Argument) -> str:
    """The value of a flag as artifacts have it: URLs of etcd without user and password, which its client ignores."""
    if argument.flag not in _ENDPOINTS or "@" not in argument.text:
        return argument.text
    elements = TYPES["stringSlice"].set((), argument.text, True)
    return write_record([_without_users(element) for element in elements])


def _without_users(element: str) -> str:
    """One server, or a resource and its servers."""
    resource, mark, servers = element.rpartition("#")
    return resource + mark + ";".join(map(without_user, servers.split(";")))


def refuse_secrets(options: ServerRunOptions) -> None:
    """Raise KascError for a value that no artifact may contain."""
    for arguments in options.flags.arguments.values():
        for argument in arguments:
            text = argument.text
            if any(sign in text for sign in _SIGNS):
                _refuse(argument, written_value(argument))


def _refuse(argument: Argument, text: str) -> None:
    has_password = has_credentials(text)
    if not has_password and not is_key_material(text):
        return
    what = "the user or password of a URL" if has_password else "a private key or token"
    message = f"--{argument.flag} contains {what}; no artifacts are written"
    hint = "remove the user and password from the URL" if has_password else "name a file that contains it"
    place = argument.location
    raise KascError(diagnose("SEC-03", message, hint, path=argument.path, flag=argument.flag, location=place))
