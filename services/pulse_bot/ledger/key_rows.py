"""Wave keys where the ledger is PostgreSQL: rows of an UNLOGGED table, which no write-ahead log and no replica has.

Destroying a key truncates the table, so that no old page of it is left in a file; keys of other open waves are put back
in the same transaction. After a crash of the server the table is empty: the keys are lost, and the waves close.
"""

import secrets

from sqlalchemy import Connection, insert, select, text

from services.pulse_bot.ledger.dialects import insert_for
from services.pulse_bot.ledger.keys import KEY_BYTES, KeyLost
from services.pulse_bot.ledger.models import WaveKeyRow
from services.pulse_bot.ledger.store import Ledger


class WaveKeyRows:
    """The keys in ``ledger``. All methods block on the database; not for an event loop."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def ensure(self, wave_id: str) -> bytes:
        """The wave's key, made now unless it is there; the same for every bot."""

        def operation(connection: Connection) -> None:
            connection.execute(
                insert_for(connection, WaveKeyRow)
                .values(wave_id=wave_id, key=secrets.token_bytes(KEY_BYTES))
                .on_conflict_do_nothing()
            )

        self._ledger.write_now(operation)
        return self.read(wave_id)

    def read(self, wave_id: str) -> bytes:
        """The wave's key. Raises KeyLost."""
        key = self._ledger.read_now(
            lambda connection: connection.execute(
                select(WaveKeyRow.key).where(WaveKeyRow.wave_id == wave_id)
            ).scalar_one_or_none()
        )
        if key is None:
            raise KeyLost(f"the key of the wave {wave_id} is gone")
        return bytes(key)

    def destroy(self, wave_id: str) -> None:
        """Remove the key and every page that held it; nothing to do where there is none."""

        def operation(connection: Connection) -> None:
            connection.execute(text("LOCK TABLE wave_key IN ACCESS EXCLUSIVE MODE"))
            rows = connection.execute(select(WaveKeyRow.wave_id, WaveKeyRow.key)).all()
            others = [{"wave_id": row.wave_id, "key": row.key} for row in rows if row.wave_id != wave_id]
            connection.execute(text("TRUNCATE wave_key"))
            if others:
                connection.execute(insert(WaveKeyRow), others)

        self._ledger.write_now(operation)
