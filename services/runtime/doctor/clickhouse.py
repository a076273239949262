"""ClickHouse, seen from one workload: there, its certificate, its clock, and exactly the rights that the role needs."""

from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from services.runtime import clickhouse
from services.runtime.causes import Cause
from services.runtime.causes.clickhouse import MIGRATE_APPLY, look, why
from services.runtime.clickhouse import sql
from services.runtime.doctor.certificates import good_for
from services.runtime.doctor.clocks import compared
from services.runtime.doctor.findings import Check, Finding, note, right, wrong
from services.runtime.settings import ClickHouseSettings

NAME: Final = "ClickHouse"
_SECONDS: Final = 8
_SQL: Final = "services.runtime.doctor.sql"
_LOOKS: Final = 8

Right = tuple[str, str]
"""A privilege and what it is on, such as ``("SELECT", "pulse_facts.waves")``. Constants of ours alone."""


@dataclass(frozen=True)
class Role:
    """What the role of a workload must be able to do, and what it must not."""

    needs: tuple[Right, ...]
    must_not: tuple[Right, ...] = ()
    one_replica: bool = False
    """Whether the workload must always reach the same replica."""


def clickhouse_check(
    settings: ClickHouseSettings, role: Role, more: Callable[[Client], Iterable[Finding]] = lambda _: ()
) -> Check:
    """``more`` looks at what else there is, on the same connection."""
    return Check(NAME, lambda: _look(settings, role, more))


def _look(settings: ClickHouseSettings, role: Role, more: Callable[[Client], Iterable[Finding]]) -> Iterable[Finding]:
    place = f"{settings.clickhouse_host}:{settings.clickhouse_port}"
    peer = look(settings)
    if isinstance(peer, Cause):
        yield wrong(NAME, peer.what, peer.mend)
        return
    yield from good_for(f"{NAME} at {place}", peer.until)
    try:
        client = clickhouse.client(settings, timeout_seconds=_SECONDS)
    except ClickHouseError as error:
        cause = why(settings, error)
        yield wrong(NAME, cause.what, cause.mend)
        return
    with closing(client):
        try:
            yield from _itself(client, settings, role)
            yield from _rights(client, settings, role)
            yield from more(client)
        except ClickHouseError as error:
            cause = why(settings, error)
            yield wrong(NAME, cause.what, cause.mend)


def _itself(client: Client, settings: ClickHouseSettings, role: Role) -> Iterable[Finding]:
    asked = datetime.now(UTC)
    ((now, version, host),) = client.query(sql(_SQL, "itself")).result_rows
    answered = datetime.now(UTC)
    yield right(NAME, f"{settings.clickhouse_user} is let in at {settings.clickhouse_host}, version {version}")
    yield compared(NAME, now if now.tzinfo else now.replace(tzinfo=UTC), asked, answered)
    if role.one_replica:
        hosts = {host} | {row[2] for _ in range(_LOOKS) for row in client.query(sql(_SQL, "itself")).result_rows}
        if len(hosts) > 1:
            yield wrong(
                NAME,
                f"{len(hosts)} nodes answer in turn behind {settings.clickhouse_host}: a release reads one replica "
                "from beginning to end",
                "set DRAAGVLAK_CLICKHOUSE_HOST of this workload to one replica",
            )


def _rights(client: Client, settings: ClickHouseSettings, role: Role) -> Iterable[Finding]:
    user = settings.clickhouse_user
    lacking = [one for one in role.needs if not _has(client, one)]
    for privilege, on in lacking:
        yield wrong(
            "rights in ClickHouse",
            f"{user} may not {privilege} on {on}, which this workload needs",
            f"run `{MIGRATE_APPLY}`, which gives each user its role; or GRANT {privilege} ON {on} TO {user}",
        )
    too_many = [one for one in role.must_not if _has(client, one)]
    for privilege, on in too_many:
        yield wrong(
            "rights in ClickHouse",
            f"{user} may {privilege} on {on}, and this workload never should",
            "set DRAAGVLAK_CLICKHOUSE_USER to the user of this workload (deploy/README.md), or "
            f"REVOKE {privilege} ON {on} FROM {user}",
        )
    if not lacking and not too_many:
        yield right(
            "rights in ClickHouse",
            f"{user} has the {len(role.needs)} that this workload needs, and none of the {len(role.must_not)} that it "
            "must not have",
        )


def _has(client: Client, one: Right) -> bool:
    privilege, on = one
    try:
        return bool(client.query(f"CHECK GRANT {privilege} ON {on}").result_rows[0][0])  # constants of ours
    except ClickHouseError as error:
        if getattr(error, "code", None) in {60, 81}:  # what is not there yet is told by the schema
            return False
        raise


def untold(what: str) -> Finding:
    """Something that this user may not look at, and need not."""
    return note(NAME, f"{what} is not told to this user", "run the doctor for migrate")
