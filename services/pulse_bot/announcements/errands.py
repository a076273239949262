"""What is done once, such as counting reactions when a wave has closed: written down, so that nobody does it again."""

from typing import Final

from sqlalchemy import Connection, select

from services.pulse_bot.ledger.announcing import WaveErrandRow
from services.pulse_bot.ledger.dialects import insert_for
from services.pulse_bot.ledger.writer import Operation

RESULTS: Final = "results"
REACTIONS: Final = "reactions"
DIGEST: Final = "digest"


def is_done(connection: Connection, subject: str, errand: str) -> bool:
    """Whether it has been done."""
    found = select(WaveErrandRow).where(WaveErrandRow.subject == subject, WaveErrandRow.errand == errand)
    return connection.execute(found).first() is not None


def note(connection: Connection, subject: str, errand: str) -> bool:
    """Write down that it is done, in the transaction that does it. Gives False when it was done before."""
    statement = insert_for(connection, WaveErrandRow).values(subject=subject, errand=errand)
    return bool(connection.execute(statement.on_conflict_do_nothing()).rowcount)


def done(subject: str, errand: str) -> Operation[bool]:
    """The same in a transaction of its own."""

    def operation(connection: Connection) -> bool:
        return note(connection, subject, errand)

    return operation
