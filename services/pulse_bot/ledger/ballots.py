"""The hot path: who may answer, under which revision; and that Kafka has it."""

from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files

from sqlalchemy import Connection, bindparam, select, text, update

from services.contracts.base import Language
from services.pulse_bot.ledger.models import (
    BallotRevisionRow,
    InvitationRow,
    MemberRow,
    PreferenceRow,
    WaveRow,
    WaveState,
)
from services.pulse_bot.ledger.prepared import Prepared
from services.pulse_bot.ledger.writer import Operation
from services.pulse_bot.locales import known


class Refusal(StrEnum):
    """Why the ledger takes no answer."""

    CLOSED = "closed"
    NOT_INVITED = "not_invited"


@dataclass(frozen=True)
class Standing:
    """Whether a person may answer in a wave now; ``language`` is None for someone the ledger does not know.

    ``answered``: whether it is noted already that an answer of theirs was stored.
    """

    refusal: Refusal | None
    node_id: str = ""
    language: Language | None = None
    answered: bool = False


@dataclass(frozen=True)
class Revision:
    """A ballot's next revision, taken, or the standing that refuses it (then ``number`` is 0)."""

    standing: Standing
    number: int = 0


_STANDING = Prepared(
    select(
        WaveRow.state,
        InvitationRow.node_id,
        PreferenceRow.language,
        MemberRow.language,
        InvitationRow.answered,
    )
    .select_from(WaveRow)
    .outerjoin(
        InvitationRow,
        (InvitationRow.wave_id == WaveRow.id)
        & (InvitationRow.workspace == bindparam("by_workspace"))
        & (InvitationRow.member == bindparam("by_member")),
    )
    .outerjoin(
        MemberRow,
        (MemberRow.workspace == bindparam("by_workspace")) & (MemberRow.member == bindparam("by_member")),
    )
    .outerjoin(
        PreferenceRow,
        (PreferenceRow.workspace == bindparam("by_workspace")) & (PreferenceRow.member == bindparam("by_member")),
    )
    .where(WaveRow.id == bindparam("by_wave"))
    .with_for_update(read=True, of=WaveRow)  # on PostgreSQL the wave cannot turn to closing before this commit
)
_NEXT = Prepared(text(files(__package__).joinpath("sql", "take_revision.sql").read_text(encoding="utf-8")))
_ANSWERED = Prepared(
    update(InvitationRow)
    .where(
        InvitationRow.wave_id == bindparam("by_wave"),
        InvitationRow.workspace == bindparam("by_workspace"),
        InvitationRow.member == bindparam("by_member"),
        InvitationRow.answered.is_(False),
    )
    .values(answered=True)
)


def standing(connection: Connection, wave_id: str, workspace: str, member: str) -> Standing:
    """Whether the person may answer in the wave now."""
    row = _STANDING.first(connection, by_wave=wave_id, by_workspace=workspace, by_member=member)
    if row is None:
        return Standing(Refusal.CLOSED)
    state, node_id, chosen, in_slack, answered = row
    language = known(chosen) or known(in_slack)
    if node_id is None:
        return Standing(Refusal.NOT_INVITED, language=language)
    if state != WaveState.OPEN.value:
        return Standing(Refusal.CLOSED, node_id, language)
    return Standing(None, node_id, language, bool(answered))


def take_revision(wave_id: str, workspace: str, member: str, ballot: str) -> Operation[Revision]:
    """Count the ballot's next revision, if the wave is open and the person invited."""

    def operation(connection: Connection) -> Revision:
        found = standing(connection, wave_id, workspace, member)
        if found.refusal is not None:
            return Revision(found)
        return Revision(found, _next(connection, wave_id, ballot, found.node_id))

    return operation


def withdraw(wave_id: str, workspace: str, member: str, ballot: str) -> Operation[int | None]:
    """Count the revision of a withdrawal, if the wave is open and the ballot was ever written to; else None."""

    def operation(connection: Connection) -> int | None:
        found = standing(connection, wave_id, workspace, member)
        written = select(BallotRevisionRow.revision).where(
            BallotRevisionRow.wave_id == wave_id, BallotRevisionRow.ballot_id == ballot
        )
        if found.refusal is not None or connection.execute(written).first() is None:
            return None
        return _next(connection, wave_id, ballot, found.node_id)

    return operation


def mark_answered(wave_id: str, workspace: str, member: str) -> Operation[None]:
    """Set the flag after Kafka's acknowledgement. An erased flag (None) stays erased."""

    def operation(connection: Connection) -> None:
        _ANSWERED.run(connection, by_wave=wave_id, by_workspace=workspace, by_member=member)

    return operation


def _next(connection: Connection, wave_id: str, ballot: str, node_id: str) -> int:
    (number,) = _NEXT.one(connection, wave_id=wave_id, ballot_id=ballot, node_id=node_id)
    return int(number)
