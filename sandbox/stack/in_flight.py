"""What was in flight when a sandbox ended without order: the ledger knows who answered, the store what arrived."""

from collections.abc import Iterator
from pathlib import Path

import clickhouse_connect
from sqlalchemy import Connection, func, select

from sandbox.processes.ports import LOOPBACK
from sandbox.stack.running import Stack
from sandbox.stack.secret_files import Role
from services.pulse_bot.ledger.invitations import delivery_counts
from services.pulse_bot.ledger.models import DeliveryState, InvitationRow, WaveState
from services.pulse_bot.ledger.store import Ledger
from services.pulse_bot.ledger.waves import Wave, in_states
from services.pulse_bot.settings import LedgerSettings
from services.runtime.clickhouse import sql

_UNFINISHED = (WaveState.OPENING, WaveState.OPEN, WaveState.CLOSING)


def waves_in_flight(stack: Stack) -> Iterator[str]:
    """A sentence for each wave that is neither planned nor closed; counts of people, and nothing about anyone."""
    ledger = Ledger(LedgerSettings(state=stack.state.path).ledger_address)
    try:
        unfinished = ledger.read_now(lambda connection: in_states(connection, _UNFINISHED))
        for wave in unfinished:
            answered, sending = ledger.read_now(lambda connection: _counts(connection, wave))  # noqa: B023 - called at once
            yield (
                f"wave {wave.id} is {wave.state.value}: {answered} people have answered, "
                f"{_stored_ballots(stack, wave.id)} ballots are stored, {sending} invitations were being sent"
            )
    finally:
        ledger.close()


def _counts(connection: Connection, wave: Wave) -> tuple[int, int]:
    """People who have answered, and invitations claimed but not confirmed."""
    answered = select(func.count()).where(InvitationRow.wave_id == wave.id, InvitationRow.answered.is_(True))
    sending = delivery_counts(connection, wave.id).get(DeliveryState.CLAIMED, 0)
    return connection.execute(answered).scalar_one(), sending


def _stored_ballots(stack: Stack, wave_id: str) -> int:
    password = Path(stack.secrets.password(Role.ADMIN)).read_text(encoding="utf-8").strip()
    with clickhouse_connect.get_client(
        host=LOOPBACK, port=stack.ports.store, username=Role.ADMIN.value, password=password
    ) as client:
        found = client.query(sql("sandbox.stack", "stored_ballots"), parameters={"wave": wave_id})
        return int(found.result_rows[0][0])
