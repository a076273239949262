"""Who gets what and when in a wave, and why somebody gets nothing: the plan of a round as values."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from services.contracts.base import Language
from services.contracts.campaign import Campaign
from services.contracts.tree import Merged, MergeProposal, Tree, merge_proposals
from services.contracts.visibility import Visibility, visibility
from services.pulse_bot.announcements import phases
from services.pulse_bot.kinds import MessageKind
from services.pulse_bot.ledger import invitations, preferences, stored, waves
from services.pulse_bot.ledger.invitations import Addressee, Delivery, Member
from services.pulse_bot.ledger.models import DeliveryState, WaveState
from services.pulse_bot.ledger.preferences import NONE, Preferences
from services.pulse_bot.ledger.store import Ledger
from services.pulse_bot.ledger.waves import NoSuchWave, Wave
from services.pulse_bot.roster.people import Audience, Silence
from services.pulse_bot.roster.reading import read_audience
from services.pulse_bot.settings import BotSettings
from services.pulse_bot.slack import Slack
from services.pulse_bot.waves.schedule import Calendar, Leave, NoMoment, Rhythm, invitation_due, reminder_due


@dataclass(frozen=True)
class Appointment:
    """One person in a wave: when they are invited and reminded (UTC), or why they get nothing.

    ``unit`` is the group that their answers count for; ``reminder`` is None where there is no room for one. ``sent``
    tells what has gone out already.
    """

    member: str
    node_id: str
    unit: str
    timezone: str | None
    language: Language | None
    invitation: datetime | None
    reminder: datetime | None
    silence: Silence | None = None
    sent: frozenset[MessageKind] = frozenset()


@dataclass(frozen=True)
class Outlook:
    """A wave as it would go, or goes. ``merged``: the tree with its small units merged; ``per_minute``: the pace.

    ``waits_for``: waves that are not over and hold people of this one -> how many; it opens when they have closed.
    """

    wave: Wave
    tree: Tree
    people: tuple[Appointment, ...]
    merged: Merged
    visible: Mapping[str, Visibility]
    proposals: tuple[MergeProposal, ...]
    per_minute: int
    waits_for: Mapping[str, int] = field(default_factory=dict)

    @property
    def invited(self) -> int:
        """How many people get an invitation."""
        return sum(person.invitation is not None for person in self.people)

    @property
    def silences(self) -> Mapping[Silence, int]:
        """How many people get nothing, for each reason."""
        return Counter(person.silence for person in self.people if person.silence is not None)

    @property
    def first(self) -> datetime | None:
        """When the first invitation goes out; None without any."""
        return min((p.invitation for p in self.people if p.invitation is not None), default=None)

    @property
    def done_by(self) -> datetime | None:
        """When the last invitation has gone out at the pace that Slack allows; None without any."""
        moment: datetime | None = None
        step = timedelta(minutes=1 / self.per_minute) if self.per_minute else timedelta()
        for due in sorted(p.invitation for p in self.people if p.invitation is not None):
            moment = max(due, moment + step) if moment else due
        return moment


async def outlook(ledger: Ledger, slack: Slack, settings: BotSettings, wave_id: str) -> Outlook:
    """The dry run of a planned wave, or the state of one that has opened. Nothing is written or sent.

    Raises NoSuchWave, TreeError (too few people), and as ``read_audience``.
    """
    wave = await ledger.read(lambda connection: waves.find(connection, wave_id))
    planned = await ledger.read(lambda connection: waves.campaign(connection, wave.campaign_id))
    if planned is None:
        raise NoSuchWave(wave_id)
    changes = await ledger.read(lambda connection: phases.of_campaign(connection, wave.campaign_id))
    tree = phases.tree_on(planned.campaign.tree, changes, wave.opens_at.date())
    campaign = planned.campaign.model_copy(update={"tree": tree})
    workspace = (await slack.identity()).workspace
    forgotten = await ledger.read(stored.forgotten)
    found = await read_audience(campaign, settings.roster_file, slack, forgotten)
    chosen = await ledger.read(lambda connection: preferences.everybody(connection, workspace))
    deliveries = await ledger.read(lambda connection: invitations.deliveries_of(connection, wave_id))
    calendar = Calendar.of(campaign.schedule, settings.timezone)
    begun = wave.state not in (WaveState.PLANNED, WaveState.SKIPPED)
    invited = invitable(found, chosen, wave, calendar)
    merged = campaign.merged(invited.per_node)
    people = (
        _opened(wave, calendar, deliveries, found)
        if begun
        else _expected(wave, calendar, invited, chosen, merged.unit_of)
    )
    return Outlook(
        wave=wave,
        tree=campaign.tree,
        people=people,
        merged=merged,
        visible=visibility(merged.tree, merged.invited, campaign.thresholds.score),
        proposals=open_proposals(campaign, invited.per_node),
        per_minute=settings.send_per_minute,
        waits_for={} if begun else await ledger.read(lambda c: _waits_for(c, wave, invited)),
    )


def _waits_for(connection: Connection, wave: Wave, invited: Audience) -> dict[str, int]:
    busy = invitations.elsewhere(connection, wave.id, invited.members)
    others = {other: waves.find(connection, other) for other in busy}
    return {
        other: busy[other]
        for other, found in others.items()
        if found.state is WaveState.CLOSING or found.closes_at > wave.opens_at
    }


def open_proposals(campaign: Campaign, per_node: Mapping[str, int]) -> tuple[MergeProposal, ...]:
    """Merges that are proposed and were not declined."""
    return tuple(p for p in merge_proposals(campaign.tree, per_node) if p.team not in campaign.keep_apart)


def invitable(found: Audience, chosen: Mapping[str, Preferences], wave: Wave, calendar: Calendar) -> Audience:
    """Those whom the wave invites: everybody reachable but those away, or without a working day, until its close."""

    def why_not(member: Member) -> Silence | None:
        due = invitation_due(_rhythm(member, chosen), calendar, wave.opens_at, wave.closes_at)
        return Silence(due.value) if isinstance(due, NoMoment) else None

    return found.without(why_not)


def _rhythm(person: Member | Addressee, chosen: Mapping[str, Preferences]) -> Rhythm:
    return Rhythm(person.timezone, chosen.get(person.member, NONE), Leave(person.leave_from, person.leave_until))


def _expected(
    wave: Wave,
    calendar: Calendar,
    invited: Audience,
    chosen: Mapping[str, Preferences],
    unit_of: Mapping[str, str],
) -> tuple[Appointment, ...]:
    people = []
    for member in invited.members:
        rhythm = _rhythm(member, chosen)
        people.append(
            Appointment(
                member.member,
                member.node_id,
                unit_of[member.node_id],
                member.timezone,
                rhythm.chosen.language or member.language,
                _moment(invitation_due(rhythm, calendar, wave.opens_at, wave.closes_at)),
                _moment(reminder_due(rhythm, calendar, wave.opens_at, wave.closes_at)),
            )
        )
    people += [
        Appointment(p.member, p.node_id, unit_of.get(p.node_id, ""), None, None, None, None, p.reason)
        for p in invited.left_out
    ]
    return tuple(sorted(people, key=lambda person: person.member))


def _opened(wave: Wave, calendar: Calendar, deliveries: Sequence[Delivery], found: Audience) -> tuple[Appointment, ...]:
    """Who answered is not told here: a reminder's moment stands for everybody."""
    people = []
    for delivery in deliveries:
        person = delivery.person
        rhythm = _rhythm(person, {person.member: person.chosen})
        invitation = invitation_due(rhythm, calendar, wave.opens_at, wave.closes_at)
        silence = Silence(invitation.value) if isinstance(invitation, NoMoment) else None
        if delivery.invitation is DeliveryState.FAILED:
            silence = Silence.SLACK_REFUSED
        sent = delivery.invitation is DeliveryState.SENT
        people.append(
            Appointment(
                person.member,
                delivery.unit,
                delivery.unit,
                person.timezone,
                person.language,
                None if silence and not sent else _moment(invitation),
                None
                if silence
                else _moment(reminder_due(rhythm, calendar, wave.opens_at, wave.closes_at, delivery.invited_on)),
                None if sent else silence,
                frozenset({MessageKind.INVITATION} if sent else ()),
            )
        )
    known = {person.member for person in people}
    late = [(m.member, m.node_id, Silence.JOINED_LATE) for m in found.members]
    for member, node, reason in [*late, *((p.member, p.node_id, p.reason) for p in found.left_out)]:
        if member not in known:
            people.append(Appointment(member, node, node, None, None, None, None, reason))
    return tuple(sorted(people, key=lambda person: person.member))


def _moment(due: datetime | NoMoment) -> datetime | None:
    return None if isinstance(due, NoMoment) else due
