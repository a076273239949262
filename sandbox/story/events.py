"""What happens in the story: announcements with their wave and day, and what each does to what people think."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sandbox.story.plan import Plan
from services.contracts.base import ROOT_ID, Text
from services.contracts.events import AnnouncementKind, AnnouncementPublished, Figure


@dataclass(frozen=True)
class StoryEvent:
    """An announcement on ``day`` (from the opening) of wave ``number``; it works from the next wave on.

    ``effects`` shift what the reached people think, in standard deviations of the start, by measure or driver.
    """

    number: int
    day: int
    id: str
    kind: AnnouncementKind
    audience: tuple[str, ...]
    title: Text
    story: Text
    figure: Figure | None = None
    effects: Mapping[str, float] = field(default_factory=dict)

    def published(self, plan: Plan) -> AnnouncementPublished:
        """The event as the bot would publish it, at its moment in campaign time."""
        return AnnouncementPublished(
            announcement_id=f"{plan.campaign.id}-{self.id}",
            kind=self.kind,
            title=self.title,
            story=self.story,
            audience=self.audience,
            figure=self.figure,
            published_at=self.at(plan),
        )

    def at(self, plan: Plan) -> datetime:
        """When it is published, in campaign time: two hours after the wave's opening hour, ``day`` days later."""
        return plan.campaign.schedule.opens_at(self.number) + timedelta(days=self.day, hours=2)


def events_of(plan: Plan) -> tuple[StoryEvent, ...]:
    """The story's announcements in their order, for any plan; those of the try-out only where there is one."""
    everyone = (ROOT_ID,)
    happened = [_kickoff(everyone), _human_oversight(everyone), _training(plan.pilots or everyone)]
    if plan.tryout is not None:
        happened += [_tryout(plan.tryout_from, everyone), _buddy(everyone)]
    if plan.pilots:
        happened += [_pilot_starts(plan.pilot_from, plan.pilots), _faster(everyone), _hours(everyone)]
    last = plan.campaign.schedule.waves
    return tuple(sorted((e for e in happened if e.number <= last), key=lambda e: (e.number, e.day)))


def _kickoff(audience: tuple[str, ...]) -> StoryEvent:
    return StoryEvent(
        number=1,
        day=3,
        id="kickoff",
        kind=AnnouncementKind.KICKOFF,
        audience=audience,
        title=Text(nl="Waarom we met AI beginnen", en="Why we are starting with AI"),
        story=Text(
            nl="Met AI willen we minder tijd kwijt zijn aan papierwerk. Zo houd je meer tijd over voor cliënten.",
            en="With AI we want to spend less time on paperwork, so that you have more time for clients.",
        ),
        effects={"resistance": -0.08, "trust": 0.05, "transparency": -0.15},
    )


def _tryout(number: int, audience: tuple[str, ...]) -> StoryEvent:
    return StoryEvent(
        number=number,
        day=1,
        id="tryout",
        kind=AnnouncementKind.KICKOFF,
        audience=audience,
        title=Text(nl="Vier collega's proberen het uit", en="Four colleagues try it out"),
        story=Text(
            nl="Vier collega's werken een proces met AI door, van begin tot eind. Wat zij vinden, hoor je van ons.",
            en="Four colleagues work through one process with AI, from start to end. You will hear what they think.",
        ),
        effects={"trust": 0.04},
    )


def _human_oversight(audience: tuple[str, ...]) -> StoryEvent:
    return StoryEvent(
        number=2,
        day=4,
        id="last-word",
        kind=AnnouncementKind.POLICY,
        audience=audience,
        title=Text(nl="Een mens houdt het laatste woord", en="A person keeps the last word"),
        story=Text(
            nl="AI geeft een voorstel. Jij beslist en blijft verantwoordelijk. Dat staat nu in onze regels.",
            en="AI makes a suggestion. You decide and stay responsible. This is now in our rules.",
        ),
        effects={"resistance": -0.06, "trust": 0.08, "human_oversight": 0.3, "autonomy": -0.1},
    )


def _training(audience: tuple[str, ...]) -> StoryEvent:
    return StoryEvent(
        number=3,
        day=2,
        id="training",
        kind=AnnouncementKind.TRAINING,
        audience=audience,
        title=Text(nl="Training: werken met AI", en="Training: working with AI"),
        story=Text(
            nl="Wat is AI, wat doet het hier, wat verandert er en wat blijft hetzelfde? Twee uur, in werktijd.",
            en="What is AI, what does it do here, what changes and what stays the same? Two hours, in working time.",
        ),
        effects={"resistance": -0.10, "trust": 0.05, "competence": -0.35},
    )


def _pilot_starts(number: int, audience: tuple[str, ...]) -> StoryEvent:
    return StoryEvent(
        number=number,
        day=0,
        id="pilot",
        kind=AnnouncementKind.KICKOFF,
        audience=audience,
        title=Text(nl="De proef begint in jouw team", en="The pilot starts in your team"),
        story=Text(
            nl="Vanaf vandaag werkt jouw team met AI aan de administratie. Stoppen kan altijd.",
            en="From today your team works with AI on paperwork. You can stop at any time.",
        ),
    )


def _buddy(audience: tuple[str, ...]) -> StoryEvent:
    return StoryEvent(
        number=5,
        day=1,
        id="buddy",
        kind=AnnouncementKind.BUDDY,
        audience=audience,
        title=Text(nl="Onze eerste AI-buddy", en="Our first AI buddy"),
        story=Text(
            nl="Eerst kritisch, nu het aanspreekpunt voor collega's: onze AI-buddy helpt je op weg.",
            en="Critical at first, now the one to ask: our AI buddy helps you get started.",
        ),
        effects={"resistance": -0.06, "trust": 0.06},
    )


def _faster(audience: tuple[str, ...]) -> StoryEvent:
    return StoryEvent(
        number=6,
        day=1,
        id="faster",
        kind=AnnouncementKind.SUCCESS,
        audience=audience,
        title=Text(nl="Administratie 30 % sneller", en="Paperwork 30 % faster"),
        story=Text(
            nl="In de teams van de proef kost de administratie nu 30 % minder tijd. Gemeten, niet geschat.",
            en="In the pilot teams paperwork now takes 30 % less time. Measured, not guessed.",
        ),
        figure=Figure(value=30.0, unit="% minder tijd per dossier", period="jan–mrt 2026"),
        effects={"resistance": -0.10, "trust": 0.10},
    )


def _hours(audience: tuple[str, ...]) -> StoryEvent:
    return StoryEvent(
        number=7,
        day=3,
        id="hours",
        kind=AnnouncementKind.SUCCESS,
        audience=audience,
        title=Text(nl="Twee uur per week vrij voor cliënten", en="Two hours a week freed for clients"),
        story=Text(
            nl="Wie meedoet aan de proef, heeft gemiddeld twee uur per week meer tijd voor cliënten.",
            en="Those in the pilot have two more hours a week for clients, on average.",
        ),
        figure=Figure(value=2.0, unit="uur per week per persoon", period="jan–mrt 2026"),
        effects={"resistance": -0.10, "trust": 0.10},
    )
