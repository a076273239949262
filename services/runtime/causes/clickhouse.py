"""Why ClickHouse does not do what it is asked: told by the code of its error, or by a look at where it should be."""

import re
from typing import Final

from services.runtime.causes import Cause
from services.runtime.causes.network import Peer, Tls, reach
from services.runtime.clickhouse import SchemaBehind
from services.runtime.settings import ClickHouseSettings

MIGRATE_APPLY: Final = "draagvlak migrate apply"
_NOT_LET_IN: Final = frozenset({192, 193, 194, 195, 516})
_DENIED: Final = 497
_NO_SUCH_TABLE: Final = frozenset({10, 16, 47, 60, 81})
_GRANT: Final = re.compile(r"grant ([A-Z][A-Z ,]*?)(?:\([^)]*\))? ON ([\w.*`]+)")


def tls_of(settings: ClickHouseSettings) -> Tls | None:
    """How certificates are checked; None without encryption."""
    return Tls(settings.clickhouse_ca_file, "DRAAGVLAK_CLICKHOUSE_CA_FILE") if settings.clickhouse_secure else None


def look(settings: ClickHouseSettings) -> Peer | Cause:
    """Connect once to where ClickHouse should be."""
    return reach(
        "ClickHouse",
        settings.clickhouse_host,
        settings.clickhouse_port,
        tls_of(settings),
        host_setting="DRAAGVLAK_CLICKHOUSE_HOST and _PORT",
    )


def why(settings: ClickHouseSettings, error: BaseException) -> Cause:
    """The cause of an error of clickhouse-connect. Connects where the error has no code; may take some seconds."""
    if isinstance(error, SchemaBehind):
        return Cause(str(error), f"run `{MIGRATE_APPLY}`")
    code = getattr(error, "code", None)
    return _away(settings) if code is None else _refused(settings, error, code)


def _away(settings: ClickHouseSettings) -> Cause:
    found = look(settings)
    if isinstance(found, Cause):
        return found
    return Cause(
        f"{_place(settings)} is there and does not answer as ClickHouse does",
        "see whether DRAAGVLAK_CLICKHOUSE_PORT is its HTTP port (8123, or 8443 with "
        "DRAAGVLAK_CLICKHOUSE_SECURE=true), and whether it is still starting",
        lasting=False,
    )


def _refused(settings: ClickHouseSettings, error: BaseException, code: int) -> Cause:
    place = _place(settings)
    if code in _NOT_LET_IN:
        return Cause(
            f"{place} does not let {settings.clickhouse_user} in (code {code})",
            f"put the right password in {settings.clickhouse_password_file or 'a file'} "
            f"(DRAAGVLAK_CLICKHOUSE_PASSWORD_FILE), or, as who administers it: {let_in(settings)}",
        )
    if code == _DENIED:
        return _lacking(settings, error)
    if code in _NO_SUCH_TABLE:
        return Cause(f"the tables in {place} are not those of this software (code {code})", f"run `{MIGRATE_APPLY}`")
    name = getattr(error, "name", None)
    return Cause(
        f"{place} answers with code {code}{f' ({name})' if name else ''}",
        "look at its log, and at system.errors",
        lasting=False,
    )


def _place(settings: ClickHouseSettings) -> str:
    return f"ClickHouse at {settings.clickhouse_host}:{settings.clickhouse_port}"


def let_in(settings: ClickHouseSettings) -> str:
    """The statement that gives our user a password; the password itself is the administrator's."""
    return f"ALTER USER {settings.clickhouse_user} IDENTIFIED WITH sha256_password BY '…' HOST ANY"


def _lacking(settings: ClickHouseSettings, error: BaseException) -> Cause:
    match = _GRANT.search(" ".join(str(error).split()))
    what = f"{match[1].strip()} on {match[2]}" if match else "this"
    grant = f"GRANT {match[1].strip()} ON {match[2]} TO {settings.clickhouse_user}" if match else "its grants"
    return Cause(
        f"{settings.clickhouse_user} may not {what} in ClickHouse",
        f"run `{MIGRATE_APPLY}`, which gives each user its role; or, as who administers it: {grant}",
    )
