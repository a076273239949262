"""Everything that is published, for whoever asks: App Home's buttons and ``/pulse results``."""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from services.contracts.base import Language
from services.pulse_bot.announcements import releases
from services.pulse_bot.announcements.published import Publication
from services.pulse_bot.announcements.releases import MetricsApi, MetricsAway, Released
from services.pulse_bot.listeners.reception import Reception, Visitor
from services.pulse_bot.messages import published as words
from services.pulse_bot.messages.ids import ActionId, CallbackId, Field
from services.pulse_bot.messages.message import Json
from services.pulse_bot.payloads import parse_click, parse_submission
from services.runtime.settings import SettingsFault

_log = structlog.get_logger(__name__)
_PATIENCE: Final = 1.5
"""Seconds for the metrics API: Slack takes a modal within three of the press."""

_KEPT_SECONDS: Final = 60.0
_MOST_KEPT: Final = 500
"""Everybody reads the same: on the day of a release many come within minutes."""

_EVERYTHING: Final = ""
_TEAMS: Final = "teams"
_COMMENTS: Final = "comments"
_TEAM: Final = "team:"
"""What is asked for; a team with its node id."""


class PublishedListener:
    """Shows what leaders see. ``api``: where it is read; None where the bot has no metrics API."""

    def __init__(self, reception: Reception, api: Callable[[], MetricsApi | None]) -> None:
        self._reception = reception
        self._api = api
        self._kept: dict[tuple[str, str, Language], tuple[float, Json]] = {}

    async def asked(self, visitor: Visitor, trigger: str, wanted: str) -> bool:
        """``/pulse results``, ``… teams``, ``… comments`` or the name of a team. False where it is none of these."""
        released = await self._newest(visitor)
        name = wanted.strip().casefold()
        about = {"": _EVERYTHING, "teams": _TEAMS, "comments": _COMMENTS, "opmerkingen": _COMMENTS}.get(name)
        if about is None and released is not None:
            node = _named(released, name)
            if node is None:
                return False
            about = f"{_TEAM}{node}"
        await self._reception.slack.open_view(trigger, await self._view(released, about or _EVERYTHING, visitor))
        return True

    async def everything(self, ack: AsyncAck, body: Json) -> None:
        """ "All results"."""
        await self._show(ack, body, _EVERYTHING)

    async def teams(self, ack: AsyncAck, body: Json) -> None:
        """ "All teams"."""
        await self._show(ack, body, _TEAMS)

    async def comments(self, ack: AsyncAck, body: Json) -> None:
        """ "Comments"."""
        await self._show(ack, body, _COMMENTS)

    async def chosen(self, ack: AsyncAck, body: Json) -> None:
        """A team was chosen among all."""
        submission = parse_submission(body)
        visitor = await self._reception.visitor(submission.person)
        released = await self._newest(visitor)
        view = await self._view(released, f"{_TEAM}{submission.choice(Field.NODE)}", visitor)
        await ack(response_action="update", view=view)

    async def _show(self, ack: AsyncAck, body: Json, about: str) -> None:
        click = parse_click(body)
        visitor = await self._reception.visitor(click.person)
        view = await self._view(await self._newest(visitor), about, visitor)
        await self._reception.slack.open_view(click.trigger_id, view)
        await ack()

    async def _view(self, released: Released | None, about: str, visitor: Visitor) -> Json:
        language = visitor.language
        if released is None:
            return words.nothing_modal(language)
        place, now = (released.wave, about, language), asyncio.get_running_loop().time()
        kept = self._kept.get(place)
        if kept is not None and now - kept[0] < _KEPT_SECONDS:
            return kept[1]
        try:
            api = self._api()
            if api is None:
                return words.away_modal(language)
            view = await asyncio.wait_for(_made(api, released, about, language), _PATIENCE)
        except (MetricsAway, SettingsFault, TimeoutError) as fault:
            _log.warning("results cannot be shown", error=type(fault).__name__)
            return words.away_modal(language)
        if len(self._kept) >= _MOST_KEPT:
            self._kept.clear()
        self._kept[place] = (now, view)
        return view

    async def _newest(self, visitor: Visitor) -> Released | None:
        campaign = visitor.campaign
        if campaign is None:
            return None
        known = await self._reception.ledger.read(lambda c: releases.of_campaign(c, campaign.id))
        return known[-1] if known else None


async def _made(api: MetricsApi, released: Released, about: str, language: Language) -> Json:
    published = Publication(api, released, language)
    if about == _EVERYTHING:
        return words.everything_modal(released, await published.of_everybody(), language)
    if about == _TEAMS:
        return words.teams_modal(released, await published.of_teams(), language)
    if about == _COMMENTS:
        return words.comments_modal(released, await published.comments(), language)
    node_id = about.removeprefix(_TEAM)
    teams, reasons = await asyncio.gather(published.of_teams(), published.reasons(node_id))
    return words.team_modal(released, node_id, teams.get(node_id, ()), reasons, language)


def _named(released: Released, name: str) -> str | None:
    """The node of this name, in either language."""
    for node in released.nodes:
        if name in (node.name.nl.casefold(), node.name.en.casefold(), node.id.casefold()):
            return node.id
    return None


def register(app: AsyncApp, listener: PublishedListener) -> None:
    """Listen to App Home's buttons, and to the choice of a team."""
    for action, heard in (
        (ActionId.PUBLISHED, listener.everything),
        (ActionId.PUBLISHED_TEAMS, listener.teams),
        (ActionId.PUBLISHED_COMMENTS, listener.comments),
    ):
        app.action(action.value)(heard)
    app.view(CallbackId.PUBLISHED.value)(listener.chosen)
