"""A round's plan at a terminal: who gets what and when, and why somebody gets nothing."""

from collections.abc import Iterator
from datetime import datetime

from rich.table import Table

from services.contracts.floors import MERGE_PROPOSAL
from services.pulse_bot.kinds import MessageKind
from services.pulse_bot.roster.people import REASONS
from services.pulse_bot.roster.printing import silence_lines
from services.pulse_bot.waves.outlook import Appointment, Outlook
from services.pulse_bot.waves.schedule import Calendar


def outlook_table(plan: Outlook, calendar: Calendar) -> Table:
    """One row a person, times in the person's own zone."""
    table = Table(title=f"{plan.wave.id}: who gets what and when")
    for column in ("member", "node", "counts as", "zone", "invitation", "reminder", "why nothing"):
        table.add_column(column)
    for person in plan.people:
        table.add_row(*_row(person, calendar))
    return table


def outlook_lines(plan: Outlook, calendar: Calendar) -> Iterator[str]:
    """The plan in a few sentences."""
    wave, zone = plan.wave, calendar.zone(None)
    opens, closes = (moment.astimezone(zone) for moment in (wave.opens_at, wave.closes_at))
    when = "%a %Y-%m-%d %H:%M"
    yield f"{wave.id} ({wave.state.value}) opens {opens:{when}}, closes {closes:{when}} {zone.key}"
    for other, people in plan.waits_for.items():
        yield f"it opens when {other} has closed: {people} people are in both, and nobody is in two rounds at once"
    if plan.first is not None and plan.done_by is not None:
        first, last = plan.first.astimezone(zone), plan.done_by.astimezone(zone)
        yield f"{plan.invited} people are invited, the first {first:%a %H:%M}, the last {last:%a %H:%M}"
    else:
        yield "nobody is invited"
    yield "one reminder half-way, to those invited who have not answered by then and got few other messages that week"
    yield from silence_lines(plan.silences)
    for old, new in sorted(plan.merged.unit_of.items()):
        if old != new:
            yield f"{old} counts as {new}"
    for proposal in plan.proposals:
        together = f"shown with {proposal.sibling}"
        yield f"{proposal.team} has {proposal.people} people, fewer than {MERGE_PROPOSAL}: {together}"


def _row(person: Appointment, calendar: Calendar) -> tuple[str, ...]:
    zone = calendar.zone(person.timezone)

    def local(moment: datetime | None) -> str:
        return f"{moment.astimezone(zone):%a %m-%d %H:%M}" if moment is not None else "-"

    sent = " (sent)" if MessageKind.INVITATION in person.sent else ""
    return (
        person.member,
        person.node_id,
        person.unit or "-",
        zone.key,
        local(person.invitation) + sent,
        local(person.reminder),
        REASONS[person.silence] if person.silence is not None else "",
    )
