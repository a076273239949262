"""Before a wave is counted on a replicated ClickHouse: has the node that answers everything that was acknowledged?

An insert is acknowledged when most replicas have it. A replica that lags would count fewer ballots than there are, or
miss a withdrawal, and say so to nobody. A ClickHouse of one node has no replicas and is asked nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from clickhouse_connect.driver.client import Client

from services.metrics.release.barrier import Held, Reason
from services.runtime.clickhouse import sql

SQL: Final = "services.metrics.release.sql"


@dataclass(frozen=True, slots=True)
class Replica:
    """A replicated table on the node that answered. ``unread``: entries of its log that it has not taken over;
    ``unfetched``: parts that it knows of and does not have; ``delay``: seconds that it is behind."""

    host: str
    table: str
    cut_off: bool
    unread: int
    unfetched: int
    delay: int

    @property
    def behind(self) -> str | None:
        """What it lacks, or None."""
        if self.cut_off:
            return f"{self.table} on {self.host} is cut off from Keeper"
        if self.unread or self.unfetched or self.delay:
            lacks = f"{self.unread} entries and {self.unfetched} parts"
            return f"{self.table} on {self.host} lacks {lacks}, {self.delay} s behind"
        return None


def state(client: Client) -> tuple[Replica, ...]:
    """The replicated tables on the node that answers; none where there is one node. Raises ClickHouseError."""
    return tuple(Replica(*row) for row in client.query(sql(SQL, "replicas")).result_rows)


def lagging(replicas: Sequence[Replica], expected: str | None = None) -> Held | None:
    """Held while any table lacks something, or when another node answers than the ``expected`` one."""
    lacks = [behind for replica in replicas if (behind := replica.behind)]
    if lacks:
        more = f", and {len(lacks) - 3} more" if len(lacks) > 3 else ""
        return Held(
            Reason.REPLICA_BEHIND, f"{'; '.join(lacks[:3])}{more}. It goes on by itself when the replica has caught up"
        )
    host = replicas[0].host if replicas else None
    if expected is not None and host != expected:
        return Held(
            Reason.REPLICA_BEHIND,
            f"{host} answered where {expected} had before: a release reads one replica from beginning to end. Where "
            "this repeats, name one replica in DRAAGVLAK_CLICKHOUSE_HOST",
        )
    return None


class Footing:
    """One replica that has everything, for as long as a wave is counted."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._host: str | None = None

    def held(self) -> Held | None:
        """None while the same replica answers and lacks nothing. Raises ClickHouseError."""
        replicas = state(self._client)
        if held := lagging(replicas, self._host):
            return held
        self._host = replicas[0].host if replicas else None
        return None
