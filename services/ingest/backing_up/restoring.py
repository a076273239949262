"""Bringing a backup back into empty tables, and reading afterwards that every release is what it was."""

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from clickhouse_connect.driver.client import Client

from services.ingest.backing_up.creating import ENDING, FORMAT, SQL, Tell, columns, count, published
from services.ingest.backing_up.tables import KEPT
from services.ingest.migrating import plan as plans
from services.ingest.migrating import runner
from services.runtime.backups import BackupFault, Manifest
from services.runtime.clickhouse import sql

_AGAIN = (
    "Drop the databases pulse_ballots, pulse_facts and pulse_release, `draagvlak migrate apply`, and restore again."
)


def refuse_unfit(client: Client, manifest: Manifest) -> None:
    """Raises BackupFault where the tables are not of this software, hold rows, or are older than the backup."""
    fault = runner.schema_fault(client)
    if fault is not None:
        raise BackupFault(str(fault))
    known = max(migration.number for migration in plans.packaged())
    if int(manifest.revision) > known:
        raise BackupFault(
            f"the backup was made from tables of migration {manifest.revision}, and this software knows those up to "
            f"{known:04}: install the version that made it, or a later one"
        )
    holding = client.query(sql(SQL, "filled")).result_rows
    if holding:
        name, rows = holding[0]
        raise BackupFault(
            f"{name} holds {rows:,} rows, and a backup goes into empty tables only, so that it replaces nothing. "
            f"If these rows are to go: stop every service. {_AGAIN}"
        )
    for table in KEPT:
        unknown = set(_columns_of(manifest, table.full_name)) - set(columns(client, table))
        if unknown:
            raise BackupFault(f"{table.full_name} has no column {min(unknown)}, which the backup has")


def restore(client: Client, folder: Path, manifest: Manifest, tell: Tell) -> None:
    """Fill the tables from a backup that was verified, and compare. Raises BackupFault."""
    files = {file.name: file for file in manifest.files}
    for done, table in enumerate(KEPT):
        tell("restoring", done, len(KEPT))
        file = files.get(table.full_name + ENDING)
        if file is None or not file.rows:
            continue  # the backup is of an earlier version, or there was nothing
        with (folder / file.name).open("rb") as content:
            client.raw_insert(table.full_name, file.columns, insert_block=content, fmt=FORMAT)
        found = count(client, table, list(manifest.releases))
        if found < file.rows:
            raise BackupFault(f"{table.full_name}: {found:,} of {file.rows:,} rows came back. {_AGAIN}")
    tell("restoring", len(KEPT), len(KEPT))
    differing = tuple(_differing(client, manifest))
    if differing:
        raise BackupFault(f"the release of {differing[0]} is not what was published. {_AGAIN}")


def _differing(client: Client, manifest: Manifest) -> Iterable[str]:
    """Waves whose published bytes do not hash to what was published."""
    stored = published(client)
    for wave, wanted in manifest.releases.items():
        rows = client.query(sql(SQL, "document"), parameters={"wave": wave}).result_rows
        document = rows[0][0] if rows else ""
        content = document if isinstance(document, bytes) else document.encode()
        if stored.get(wave) != wanted or sha256(content).hexdigest() != wanted:
            yield wave


def _columns_of(manifest: Manifest, table: str) -> tuple[str, ...]:
    return next((file.columns for file in manifest.files if file.name == table + ENDING), ())
