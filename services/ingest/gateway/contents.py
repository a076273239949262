"""What the gateway takes, field by field: ids, closed vocabularies, numbers, days, and short texts without people."""

import re
from datetime import date
from typing import Annotated, Any, Final, Literal, Self
from uuid import UUID, uuid5

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from services.contracts.base import Identifier, Text
from services.contracts.events import AnnouncementDrafted, AnnouncementKind, OutcomeMeasured
from services.contracts.events import Figure as EventFigure
from services.contracts.figure_units import Unit
from services.ingest.gateway.personal import fault_in_id, fault_in_text

_NAMESPACE: Final = UUID("6f0d4a52-8d0d-5c0e-9a3b-6a1d6f9c2b11")
_DAY: Final = re.compile(r"^\d{4}-\d{2}-\d{2}$")


def _impersonal_id(identifier: str) -> str:
    fault = fault_in_id(identifier)
    if fault is not None:
        raise ValueError(f"the id {fault}")
    return identifier


def _impersonal_text(text: str) -> str:
    fault = fault_in_text(text)
    if fault is not None:
        raise ValueError(f"the text {fault}")
    return text


def _written_day(value: Any) -> Any:
    if not isinstance(value, str) or not _DAY.match(value):
        raise ValueError("a day is written like 2026-03-31")
    return value


def _storable_day(day: date) -> date:
    if not 2000 <= day.year <= 2100:
        raise ValueError("a day lies between 2000 and 2100")
    return day


Id = Annotated[Identifier, AfterValidator(_impersonal_id)]
Day = Annotated[date, BeforeValidator(_written_day), AfterValidator(_storable_day)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=-1e12, le=1e12)]
Measure = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$"), AfterValidator(_impersonal_id)]


def _short(longest: int) -> Any:
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=longest)


Title = Annotated[str, _short(150), AfterValidator(_impersonal_text)]
Story = Annotated[str, _short(2000), AfterValidator(_impersonal_text)]
Period = Annotated[str, _short(60), AfterValidator(_impersonal_text)]


class _Content(BaseModel):
    """A body; a field that it does not know is an error, since nobody has checked what it holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Outcome(_Content):
    """A business figure of a node over a period. `outcome_id` names the measurement: the same id, the same figure."""

    outcome_id: Id
    node_id: Identifier = Field(description="a node of the newest round with at least 5 invited people")
    measure: Measure = Field(description="such as minutes_per_file")
    value: Number
    unit: Unit
    period_start: Day
    period_end: Day

    @model_validator(mode="after")
    def _period_runs_forward(self) -> Self:
        if self.period_end < self.period_start:
            raise ValueError("the period ends before it starts")
        return self

    @property
    def id(self) -> str:
        """What names it."""
        return self.outcome_id

    @property
    def nodes(self) -> tuple[str, ...]:
        """The nodes that it speaks of."""
        return (self.node_id,)

    def event(self) -> OutcomeMeasured:
        """As the topic carries it; the same content is the same event."""
        return OutcomeMeasured(event_id=uuid5(_NAMESPACE, f"outcome {self.id}"), **self.model_dump())


class TitleText(_Content):
    """A title in both languages."""

    nl: Title
    en: Title


class StoryText(_Content):
    """A story in both languages."""

    nl: Story
    en: Story


class Figure(_Content):
    """A measured figure, such as 30 percent over a period."""

    value: Number
    unit: Unit
    period: Period


class Announcement(_Content):
    """A draft of an announcement. Nobody but champions sees it before one of them has approved it."""

    announcement_id: Id
    kind: Literal["success", "training", "kickoff", "policy", "buddy"]
    title: TitleText
    story: StoryText
    audience: tuple[Identifier, ...] = Field(min_length=1, max_length=50, description="nodes of the newest round")
    figure: Figure | None = None

    @property
    def id(self) -> str:
        """What names it."""
        return self.announcement_id

    @property
    def nodes(self) -> tuple[str, ...]:
        """The nodes that it speaks of."""
        return self.audience

    def event(self) -> AnnouncementDrafted:
        """As the topic carries it; the same content is the same event."""
        return AnnouncementDrafted(
            event_id=uuid5(_NAMESPACE, f"announcement {self.id}"),
            announcement_id=self.id,
            kind=AnnouncementKind(self.kind),
            title=Text(nl=self.title.nl, en=self.title.en),
            story=Text(nl=self.story.nl, en=self.story.en),
            audience=tuple(dict.fromkeys(self.audience)),
            figure=EventFigure(**self.figure.model_dump(mode="json")) if self.figure else None,
        )
