"""The same migrations for a cluster: each statement runs on every node, each table is replicated.

Only the kinds of statement that migrations are made of are known; another one is refused here, before anything has
run, and not applied on one node of several.
"""

import re
from typing import Final

from services.ingest.migrating.plan import MigrationFault

KEEPER_PATH: Final = "/clickhouse/tables/{uuid}/{shard}"
"""Where replicas of a table find each other. The uuid is the same on all of them, since ON CLUSTER hands it out."""

_REPLICA: Final = "{replica}"
_CLUSTER_NAME: Final = re.compile(r"^[A-Za-z_][A-Za-z0-9_-]*$")
_NAME: Final = r"(?:IF\s+(?:NOT\s+)?EXISTS\s+)?[A-Za-z_][\w]*(?:\.[A-Za-z_][\w]*)?"
_ON_CLUSTER: Final = re.compile(
    rf"^(?:CREATE\s+(?:DATABASE|TABLE|VIEW|MATERIALIZED\s+VIEW)|ALTER\s+TABLE|DROP\s+(?:DATABASE|TABLE|VIEW)|"
    rf"TRUNCATE\s+TABLE|OPTIMIZE\s+TABLE|CREATE\s+(?:ROLE|USER))\s+{_NAME}|"
    r"ALTER\s+USER\s+\{user:Identifier\}|GRANT\b",
    re.IGNORECASE,
)
_ENGINE: Final = re.compile(r"\bENGINE\s*=\s*(?P<family>\w*MergeTree)\b(?:\s*\((?P<arguments>[^)]*)\))?", re.IGNORECASE)
_ROWS: Final = re.compile(r"^INSERT\s+INTO\b", re.IGNORECASE)


def render(statement: str, cluster: str | None) -> str:
    """``statement`` as it runs on ``cluster``; unchanged without one.

    Rows are inserted once: replication carries them. Raises MigrationFault for a statement or a cluster's name that is
    not understood.
    """
    if cluster is None:
        return statement
    if not _CLUSTER_NAME.match(cluster):
        raise MigrationFault(f"DRAAGVLAK_CLICKHOUSE_CLUSTER: {cluster!r} is not the name of a cluster")
    if _ROWS.match(statement):
        return statement
    named = _ON_CLUSTER.match(statement)
    if named is None:
        first = statement.splitlines()[0]
        raise MigrationFault(f"{first}: it is not known how this statement runs on a cluster (migrating/cluster.py)")
    everywhere = f"{statement[: named.end()]} ON CLUSTER '{cluster}'{statement[named.end() :]}"
    return _ENGINE.sub(_replicated, everywhere)


def _replicated(engine: re.Match[str]) -> str:
    family, arguments = engine["family"], (engine["arguments"] or "").strip()
    if family.lower().startswith("replicated"):
        return engine.group()
    own = f", {arguments}" if arguments else ""
    return f"ENGINE = Replicated{family}('{KEEPER_PATH}', '{_REPLICA}'{own})"
