"""A roster as its source has it, and the people of it whom a wave can invite."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from services.contracts.base import Language
from services.pulse_bot.ledger.invitations import Member
from services.pulse_bot.locales import language_of
from services.pulse_bot.slack import Outside, SlackPerson
from services.pulse_bot.waves.schedule import NOT_AWAY, Leave, NoMoment


class Silence(StrEnum):
    """Why somebody of the roster gets no message."""

    NOT_IN_SLACK = "not_in_slack"
    DEACTIVATED = Outside.DEACTIVATED.value
    BOT = Outside.BOT.value
    GUEST = Outside.GUEST.value
    NOT_JOINED = Outside.NOT_JOINED.value
    OTHER_WORKSPACE = Outside.OTHER_WORKSPACE.value
    PAUSED = NoMoment.PAUSED.value
    ON_LEAVE = NoMoment.ON_LEAVE.value
    NO_WORKING_DAY = NoMoment.NO_WORKING_DAY.value
    IN_TWO_TEAMS = "in_two_teams"
    JOINED_LATE = "joined_late"
    SLACK_REFUSED = "slack_refused"
    FORGOTTEN = "forgotten"


REASONS: Mapping[Silence, str] = {
    Silence.NOT_IN_SLACK: "the workspace has no such person",
    Silence.DEACTIVATED: "deactivated in Slack",
    Silence.BOT: "a bot",
    Silence.GUEST: "a guest",
    Silence.NOT_JOINED: "invited to Slack, never joined",
    Silence.OTHER_WORKSPACE: "of another workspace",
    Silence.PAUSED: "has paused messages",
    Silence.ON_LEAVE: "on leave until the close",
    Silence.NO_WORKING_DAY: "no working day of theirs before the close",
    Silence.IN_TWO_TEAMS: "stands in two teams; mend the groups or channels",
    Silence.JOINED_LATE: "joined after the opening; is invited to the next round",
    Silence.SLACK_REFUSED: "Slack refused the message",
    Silence.FORGOTTEN: "asked to be forgotten",
}
"""Each reason in plain words, for operators and champions."""


@dataclass(frozen=True)
class Entry:
    """Where a person belongs, and when they are away."""

    node_id: str
    leave: Leave = NOT_AWAY


@dataclass(frozen=True)
class Roster:
    """Member id -> entry; ``in_two_teams`` are people whom the source puts in teams of which none holds the other."""

    entries: Mapping[str, Entry]
    in_two_teams: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class LeftOut:
    """Somebody of the roster who cannot be invited, and why; ``node_id`` is where they would belong."""

    member: str
    node_id: str
    reason: Silence


@dataclass(frozen=True)
class Audience:
    """The people whom a wave invites, and those of the roster whom it cannot."""

    members: tuple[Member, ...]
    left_out: tuple[LeftOut, ...] = ()

    @property
    def per_node(self) -> Mapping[str, int]:
        """How many are attached directly to each node."""
        return Counter(member.node_id for member in self.members)

    @property
    def reasons(self) -> Mapping[Silence, int]:
        """How many are left out, for each reason."""
        return Counter(person.reason for person in self.left_out)

    def without(self, why: Callable[[Member], Silence | None]) -> "Audience":
        """The same, leaving out those for whom ``why`` gives a reason."""
        found = {member.member: why(member) for member in self.members}
        more = [LeftOut(m.member, m.node_id, reason) for m in self.members if (reason := found[m.member]) is not None]
        return Audience(
            tuple(m for m in self.members if found[m.member] is None),
            tuple(sorted((*self.left_out, *more), key=lambda person: person.member)),
        )


async def audience(roster: Roster, people: AsyncIterator[SlackPerson], workspace: str, language: Language) -> Audience:
    """The people of the roster whom Slack can reach; ``language`` is for those whose locale is none of ours."""
    members: list[Member] = []
    left_out = [LeftOut(who, nodes[0], Silence.IN_TWO_TEAMS) for who, nodes in roster.in_two_teams.items()]
    found = set()
    async for person in people:
        entry = roster.entries.get(person.member)
        if entry is None:
            continue
        found.add(person.member)
        if person.outside is not None:
            left_out.append(LeftOut(person.member, entry.node_id, Silence(person.outside.value)))
            continue
        members.append(
            Member(
                workspace=workspace,
                member=person.member,
                node_id=entry.node_id,
                language=language_of(person.locale, language),
                timezone=person.timezone,
                leave_from=entry.leave.first,
                leave_until=entry.leave.last,
            )
        )
    left_out += [
        LeftOut(who, entry.node_id, Silence.NOT_IN_SLACK) for who, entry in roster.entries.items() if who not in found
    ]
    return Audience(
        tuple(sorted(members, key=lambda member: member.member)),
        tuple(sorted(left_out, key=lambda person: person.member)),
    )
