"""A campaign: what is asked of whom, how often, and with which floors; frozen at its first wave."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from functools import cache, lru_cache
from typing import Annotated, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from services.contracts.base import Identifier, ItemId, Language, Text, Value, WaveId
from services.contracts.floors import DISTRIBUTION_FLOOR, MERGE_PROPOSAL, SCORE_FLOOR
from services.contracts.local_time import LocalTime
from services.contracts.survey import Block, Item, ItemBank
from services.contracts.tree import Merged, Tree, merge_small_units, too_small_for_a_phase, without_phases


@cache
def _zones() -> frozenset[str]:
    """Read once: it walks the whole database of zones, 50 ms and more, and a campaign is read with every tick."""
    return frozenset(available_timezones())


def _known_zone(name: str) -> str:
    if name not in _zones():
        raise ValueError(f"{name!r} is not a time zone of the IANA database, such as Europe/Amsterdam")
    return name


TimeZoneName = Annotated[str, AfterValidator(_known_zone)]


@lru_cache(256)
def _known_calendar(name: str) -> str:
    from holidays import country_holidays  # noqa: PLC0415 - slow to load, and few campaigns name a calendar

    country, _, subdivision = name.partition("-")
    try:
        country_holidays(country, subdiv=subdivision or None)
    except NotImplementedError as error:
        raise ValueError(f"{name!r} is no calendar of public holidays, such as NL or DE-BY: {error}") from None
    return name


HolidayCalendar = Annotated[str, AfterValidator(_known_calendar)]
"""A country, or a country and its part, whose public holidays count: ``NL``, ``BE``, ``DE-BY``."""


class Thresholds(Value):
    """Floors of a campaign: answers behind a score; behind a distribution, share or comment. Raised, never lowered."""

    score: int = Field(default=SCORE_FLOOR, ge=SCORE_FLOOR)
    distribution: int = Field(default=DISTRIBUTION_FLOOR, ge=DISTRIBUTION_FLOOR)

    @model_validator(mode="after")
    def _distribution_is_the_stricter(self) -> Self:
        if self.distribution < self.score:
            raise ValueError("the floor of distributions cannot be lower than that of scores")
        return self


class Schedule(Value):
    """When waves open and close: every ``cadence_weeks`` weeks at ``opens`` local time, open for ``open_days`` days."""

    starts_on: date = Field(ge=date(2000, 1, 1), le=date(2199, 12, 31))
    waves: int = Field(ge=1, le=104)
    cadence_weeks: int = Field(default=2, ge=1, le=26)
    open_days: int = Field(default=7, ge=1, le=14)
    opens: LocalTime = time(9, 0)
    send_at: LocalTime = time(10, 0)
    timezone: TimeZoneName = "Europe/Amsterdam"
    holidays: HolidayCalendar | None = "NL"
    weekly_messages: int = Field(default=3, ge=1, le=10, description="messages to one person in any seven days")

    @model_validator(mode="after")
    def _waves_do_not_overlap(self) -> Self:
        if self.open_days > 7 * self.cadence_weeks:
            raise ValueError(
                f"a wave of {self.open_days} days is still open when the next one starts after {7 * self.cadence_weeks}"
            )
        return self

    def opens_at(self, number: int) -> datetime:
        """When wave ``number`` (from 1) opens; aware, in the campaign's zone."""
        day = self.starts_on + timedelta(weeks=self.cadence_weeks * (number - 1))
        return datetime.combine(day, self.opens, ZoneInfo(self.timezone))

    def closes_at(self, number: int) -> datetime:
        """When wave ``number`` closes: the same local time, ``open_days`` days later."""
        return self.opens_at(number) + timedelta(days=self.open_days)


ChannelId = Annotated[str, StringConstraints(pattern=r"^[CG][A-Z0-9]{2,30}$")]
"""A channel of Slack: C or G, then capitals and digits."""


UsergroupId = Annotated[str, StringConstraints(pattern=r"^S[A-Z0-9]{2,30}$")]
"""A user group of Slack: S, then capitals and digits."""


class Channels(Value):
    """Where the bot posts for everybody to read, and at which local time of a working day it does so by itself.

    ``nodes``: node -> its channel; a node without one is reached through the nearest node above it that has one.
    ``listeners``: where concerns are asked, without any name, for the people who answer them.
    """

    nodes: dict[Identifier, ChannelId] = Field(default_factory=dict)
    listeners: ChannelId | None = None
    posts_at: LocalTime = time(11, 0)
    digest_weeks: int = Field(default=2, ge=0, le=26, description="weeks between two digests; 0: none")


class RosterSource(Value):
    """Where the people of a node are found in Slack: node -> user groups (``S…``) and channels (``C…``), by id.

    Ids stay when a group or channel is renamed. Without any, the roster is a CSV.
    """

    usergroups: dict[Identifier, UsergroupId] = Field(default_factory=dict)
    channels: dict[Identifier, ChannelId] = Field(default_factory=dict)

    @property
    def nodes(self) -> frozenset[str]:
        """Every node that a source is named for."""
        return frozenset(self.usergroups) | frozenset(self.channels)


class Campaign(Value):
    """A running programme: ``tree`` is the audience, ``blocks`` rotate over the waves, ``anchors`` are always asked."""

    id: Annotated[WaveId, Field(max_length=50)]
    title: Text
    language: Language = Language.NL
    schedule: Schedule
    thresholds: Thresholds = Thresholds()
    champions: tuple[str, ...] = Field(min_length=1, description="member ids in Slack")
    approvals: int = Field(default=1, ge=1, le=2)
    anchors: tuple[ItemId, ...] = ("A1", "A2")
    blocks: tuple[Block, ...] = Field(min_length=1)
    tree: Tree
    roster: RosterSource = RosterSource()
    merge_teams_below: int = Field(default=MERGE_PROPOSAL, ge=SCORE_FLOOR, le=MERGE_PROPOSAL)
    keep_apart: tuple[Identifier, ...] = Field(default=(), description="teams whose proposed merge was declined")
    channels: Channels = Channels()
    open_question_every: int = Field(default=2, ge=0, le=26, description="waves between open questions; 0: never")

    @model_validator(mode="after")
    def _channels_belong_to_nodes(self) -> Self:
        if unknown := sorted(set(self.channels.nodes) - set(self.tree.by_id)):
            raise ValueError(f"a channel is named for {unknown[0]}, which is not a node of the tree")
        if unknown := sorted((self.roster.nodes | set(self.keep_apart)) - set(self.tree.by_id)):
            raise ValueError(f"the roster or keep_apart names {unknown[0]}, which is not a node of the tree")
        return self

    @model_validator(mode="after")
    def _five_taps_at_most(self) -> Self:
        for block in self.blocks:
            taps = len(self.anchors) + len(block.items)
            if taps > 5:
                raise ValueError(f"the block {block.id} makes {taps} questions with the anchors; five taps at most")
            if twice := set(block.items) & set(self.anchors):
                raise ValueError(f"the block {block.id} asks the anchor {min(twice)} once more")
        if self.approvals > len(set(self.champions)):
            raise ValueError(f"{self.approvals} approvals are asked for, but there are fewer champions")
        return self

    def merged(self, invited: Mapping[str, int]) -> Merged:
        """The tree as a wave opens with it: small units and accepted proposals merged, no phase on small nodes.

        ``invited``: people directly at each node. Raises TreeError.
        """
        tree = without_phases(self.tree, too_small_for_a_phase(self.tree, invited))
        return merge_small_units(tree, invited, teams_below=self.merge_teams_below, apart=self.keep_apart)

    def channel_of(self, node_id: str) -> str | None:
        """The channel that reaches a node: its own, or that of the nearest node above it. Raises KeyError."""
        node: str | None = node_id
        while node is not None:
            if node in self.channels.nodes:
                return self.channels.nodes[node]
            node = self.tree.by_id[node].parent
        return None

    def wave_id(self, number: int) -> str:
        """The id of wave ``number`` (from 1)."""
        return f"{self.id}-w{number:02d}"

    def block_of(self, number: int) -> Block:
        """The block of wave ``number`` (from 1); blocks rotate in their order."""
        return self.blocks[(number - 1) % len(self.blocks)]

    def items_of(self, number: int, bank: ItemBank) -> tuple[Item, ...]:
        """The items of wave ``number`` in the order of asking: the anchors, then the block.

        Raises KeyError when the bank lacks an item; ``load_campaign`` has ruled that out.
        """
        return tuple(bank.by_id[item] for item in (*self.anchors, *self.block_of(number).items))

    def title_of(self, number: int) -> Text:
        """The title of wave ``number``, for people."""
        return Text(nl=f"{self.title.nl} · ronde {number}", en=f"{self.title.en} · round {number}")
