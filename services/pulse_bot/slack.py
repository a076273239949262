"""The few things that the bot asks of Slack's Web API, with errors typed by what they mean for a message."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry import HttpRequest, HttpResponse, RetryState
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from services.pulse_bot.http import proxy_for
from services.pulse_bot.ledger.invitations import Posted
from services.pulse_bot.messages.message import Json, Message
from services.pulse_bot.slack_faults import PersonUnreachable, SlackBusy, SlackFault, SlackRefuses, SlackUncertain
from services.pulse_bot.telemetry import CallOutcome, Telemetry

_PAGE: Final = 200
_RATE_LIMIT_RETRIES: Final = 20
POST_SECONDS: Final = 25.0
"""Longest wait for Slack to take a message; afterwards it is uncertain whether it did."""
_UNCERTAIN: Final = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout", "unknown"})
_PERSON: Final = frozenset(
    {
        "channel_not_found",
        "user_not_found",
        "users_not_found",
        "user_disabled",
        "user_not_visible",
        "cannot_dm_bot",
        "is_archived",
        "not_in_channel",
    }
)


@dataclass(frozen=True)
class Identity:
    """Who the bot is. ``workspace`` is the enterprise of an organisation-wide installation, else the team."""

    workspace: str
    team_id: str
    bot_id: str
    user_id: str


class Outside(StrEnum):
    """Why somebody whom Slack knows is not asked."""

    DEACTIVATED = "deactivated"
    BOT = "bot"
    GUEST = "guest"
    NOT_JOINED = "not_joined"
    OTHER_WORKSPACE = "other_workspace"


@dataclass(frozen=True)
class SlackPerson:
    """A member of the workspace. ``outside``: why they can never be invited; None for an ordinary colleague."""

    member: str
    locale: str | None
    timezone: str | None
    outside: Outside | None = None


@dataclass(frozen=True)
class GroupOfPeople:
    """A user group or channel: its id, what people call it, and its members."""

    id: str
    name: str
    members: tuple[str, ...]


class _CountedRetries(AsyncRateLimitErrorRetryHandler):
    """Waits where Slack asks to (429), and counts it."""

    def __init__(self, telemetry: Telemetry | None) -> None:
        super().__init__(max_retry_count=_RATE_LIMIT_RETRIES)
        self._telemetry = telemetry

    async def prepare_for_next_attempt_async(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> None:
        """Count, and wait."""
        if self._telemetry is not None:
            method = request.url.partition("?")[0].rpartition("/")[2]
            self._telemetry.slack_calls.labels(method, CallOutcome.RATE_LIMITED.value).inc()
        await super().prepare_for_next_attempt_async(state=state, request=request, response=response, error=error)


class Slack:
    """Slack's Web API for one workspace. Every method raises a SlackFault. ``telemetry`` counts the calls."""

    def __init__(
        self, base_url: str, token: str, session: aiohttp.ClientSession, telemetry: Telemetry | None = None
    ) -> None:
        # Only what Slack certainly refused is sent again by itself: a repeated connection error would post twice.
        retries = [_CountedRetries(telemetry)]
        self._client = AsyncWebClient(token=token, base_url=base_url, session=session, retry_handlers=list(retries))
        # Messages of a wave wait outside of their claim, so that no claim grows old: see waves.sending.
        self._poster = AsyncWebClient(token=token, base_url=base_url, session=session, retry_handlers=[])
        for client in (self._client, self._poster):
            client.proxy = proxy_for(base_url)  # the SDK's own choice does not heed the exceptions
        self._session = session
        self._telemetry = telemetry
        self._identity: Identity | None = None

    async def identity(self) -> Identity:
        """Who the token belongs to; asked once."""
        if self._identity is not None:
            return self._identity
        answer = await self._call("auth.test", {})
        organisation = answer.get("enterprise_id") if answer.get("is_enterprise_install") else None
        self._identity = Identity(
            workspace=organisation or answer["team_id"],
            team_id=answer["team_id"],
            bot_id=answer["bot_id"],
            user_id=answer["user_id"],
        )
        return self._identity

    async def people(self) -> AsyncIterator[SlackPerson]:
        """Everybody in the workspace, page by page."""
        known = await self.identity()
        cursor = ""
        while True:
            answer = await self._call("users.list", {"limit": _PAGE, "include_locale": True, "cursor": cursor})
            for user in answer["members"]:
                yield _person(user, known)
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return

    async def usergroups(self) -> dict[str, GroupOfPeople]:
        """Every user group that is in use, with its members, by id."""
        answer = await self._call("usergroups.list", {"include_users": True})
        return {
            group["id"]: GroupOfPeople(group["id"], group.get("handle", ""), tuple(group.get("users", ())))
            for group in answer["usergroups"]
        }

    async def channel(self, channel: str) -> GroupOfPeople:
        """A channel that the bot can see, with its members."""
        info = (await self._call("conversations.info", {"channel": channel}))["channel"]
        members: list[str] = []
        cursor = ""
        while True:
            arguments = {"channel": channel, "limit": _PAGE, "cursor": cursor}
            answer = await self._call("conversations.members", arguments)
            members.extend(answer["members"])
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return GroupOfPeople(channel, info.get("name", ""), tuple(members))

    async def post(self, member: str, message: Message) -> Posted:
        """Post to the person's DM, or to a channel; waits where Slack asks to."""
        return await self._post(member, message, self._client)

    async def post_once(self, member: str, message: Message) -> Posted:
        """The same in at most POST_SECONDS, and without waiting: raises SlackBusy where Slack asks to."""
        try:
            return await asyncio.wait_for(self._post(member, message, self._poster), POST_SECONDS)
        except TimeoutError:
            raise SlackUncertain("chat.postMessage", "TimeoutError") from None

    async def _post(self, member: str, message: Message, client: AsyncWebClient) -> Posted:
        answer = await self._call(
            "chat.postMessage",
            {"channel": member, "text": message.text, "blocks": list(message.blocks), "unfurl_links": False},
            client,
        )
        return Posted(answer["channel"], answer["ts"])

    async def find(self, member: str, first_block: str) -> Posted | None:
        """The bot's message whose first block has this id, in the newest 200 of the person's DM; or None."""
        bot_user = (await self.identity()).user_id
        channel = (await self._call("conversations.open", {"users": member}))["channel"]["id"]
        answer = await self._call("conversations.history", {"channel": channel, "limit": _PAGE})
        for found in answer["messages"]:
            blocks = found.get("blocks") or [{}]
            if found.get("user") == bot_user and blocks[0].get("block_id") == first_block:
                return Posted(channel, found["ts"])
        return None

    async def publish_home(self, member: str, view: Json) -> None:
        """Show the person's App Home."""
        await self._call("views.publish", {"user_id": member, "view": view})

    async def open_view(self, trigger: str, view: Json) -> None:
        """Open a modal for who did something a moment ago; ``trigger`` lives for 3 s and is used once."""
        await self._call("views.open", {"trigger_id": trigger, "view": view})

    async def update(self, posted: Posted, message: Message) -> None:
        """Put other content into a message of the bot's own. For corrections: about 50 a minute."""
        await self._call(
            "chat.update",
            {"channel": posted.channel, "ts": posted.ts, "text": message.text, "blocks": list(message.blocks)},
        )

    async def reactions(self, posted: Posted) -> dict[str, int]:
        """Emoji name -> how many people reacted with it; the bot itself is not counted."""
        bot_user = (await self.identity()).user_id
        answer = await self._call("reactions.get", {"channel": posted.channel, "timestamp": posted.ts, "full": "true"})
        found = {
            reaction["name"]: reaction["count"] - (bot_user in reaction.get("users", ()))
            for reaction in answer["message"].get("reactions", ())
        }
        return {name: count for name, count in found.items() if count > 0}

    async def names(self) -> tuple[str, ...]:
        """The names of everybody in the workspace, as people write them; for taking them out of texts."""
        found: list[str] = []
        cursor = ""
        while True:
            answer = await self._call("users.list", {"limit": _PAGE, "cursor": cursor})
            for user in answer["members"]:
                profile = user.get("profile") or {}
                found += [
                    user.get("real_name") or "",
                    profile.get("real_name") or "",
                    profile.get("display_name") or "",
                ]
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return tuple(sorted({name for name in found if name}))

    async def upload(self, name: str, content: bytes, *, alt_text: str = "", channel: str | None = None) -> str:
        """Upload a file and give its id; with a channel (or a person's DM) it is shared there.

        A file without a channel is seen where a message's image block names it.
        """
        asked: Json = {"filename": name, "length": len(content)}
        if alt_text:
            asked["alt_txt"] = alt_text
        place = await self._call("files.getUploadURLExternal", asked)
        url = place["upload_url"]
        try:
            async with self._session.post(url, data=content, proxy=proxy_for(url)) as response:
                await response.read()
                if response.status != 200:
                    raise SlackUncertain("upload", str(response.status))
        except (aiohttp.ClientError, TimeoutError) as error:
            raise SlackUncertain("upload", type(error).__name__) from None
        finished: Json = {"files": [{"id": place["file_id"], "title": name}]}
        if channel:
            finished["channel_id"] = channel
        await self._call("files.completeUploadExternal", finished)
        return str(place["file_id"])

    async def locale(self, member: str) -> str | None:
        """The person's locale, such as ``nl-NL``."""
        answer = await self._call("users.info", {"user": member, "include_locale": "true"})
        found = answer["user"].get("locale")
        return str(found) if found else None

    async def is_admin(self, member: str) -> bool:
        """Whether the person is an administrator or owner of the workspace."""
        user = (await self._call("users.info", {"user": member}))["user"]
        return bool(user.get("is_admin") or user.get("is_owner") or user.get("is_primary_owner"))

    async def direct_channel(self, member: str) -> str:
        """The id of the DM with a person."""
        return str((await self._call("conversations.open", {"users": member}))["channel"]["id"])

    async def _call(self, method: str, arguments: Json, client: AsyncWebClient | None = None) -> Json:
        began = time.perf_counter()
        outcome = CallOutcome.UNCERTAIN
        try:
            answer = await self._called(method, arguments, client or self._client)
            outcome = CallOutcome.OK
            return answer
        except SlackFault as fault:
            outcome = _OUTCOMES.get(type(fault), CallOutcome.REFUSED)
            raise
        finally:
            if self._telemetry is not None:
                self._telemetry.slack_calls.labels(method, outcome.value).inc()
                self._telemetry.slack_seconds.observe(time.perf_counter() - began)

    async def _called(self, method: str, arguments: Json, caller: AsyncWebClient) -> Json:
        try:
            answer = (
                await caller.api_call(method, json=arguments)
                if _takes_json(method)
                else (await caller.api_call(method, data={k: v for k, v in arguments.items() if v != ""}))
            )
        except SlackApiError as error:
            raise _fault(method, error) from None
        except (aiohttp.ClientError, SlackClientError, TimeoutError, OSError) as error:
            raise SlackUncertain(method, type(error).__name__) from None
        return dict(answer.data) if isinstance(answer.data, dict) else {}


_OUTCOMES: Final = {
    PersonUnreachable: CallOutcome.UNREACHABLE,
    SlackBusy: CallOutcome.RATE_LIMITED,
    SlackUncertain: CallOutcome.UNCERTAIN,
}


def _takes_json(method: str) -> bool:
    return method in {
        "chat.postMessage",
        "chat.update",
        "views.open",
        "views.publish",
        "files.completeUploadExternal",
    }


def _fault(method: str, error: SlackApiError) -> SlackFault:
    response: Any = error.response
    status = getattr(response, "status_code", 0)
    data = getattr(response, "data", response)
    code = data.get("error") if isinstance(data, dict) else None
    code = code or ("ratelimited" if status == 429 else "unknown")
    if status == 429 or code in ("ratelimited", "rate_limited"):
        return SlackBusy(method, _retry_after(response))
    if code in _PERSON:
        return PersonUnreachable(method, code)
    if code in _UNCERTAIN or status >= 500:
        return SlackUncertain(method, code)
    return SlackRefuses(method, code)


def _retry_after(response: Any) -> float:
    headers = {str(name).lower(): value for name, value in (getattr(response, "headers", None) or {}).items()}
    found = headers.get("retry-after", 1)
    try:
        return max(0.0, float(found[0] if isinstance(found, list) else found))
    except (TypeError, ValueError):
        return 1.0


def _person(user: Json, known: Identity) -> SlackPerson:
    return SlackPerson(
        member=user["id"], locale=user.get("locale"), timezone=user.get("tz"), outside=_outside(user, known)
    )


def _outside(user: Json, known: Identity) -> Outside | None:
    if user.get("deleted"):
        return Outside.DEACTIVATED
    if user["id"] == "USLACKBOT" or user.get("is_bot") or user.get("is_workflow_bot"):
        return Outside.BOT
    if user.get("is_restricted") or user.get("is_ultra_restricted"):
        return Outside.GUEST
    if user.get("is_invited_user"):
        return Outside.NOT_JOINED
    return None if not user.get("is_stranger") and _home(user, known) == known.workspace else Outside.OTHER_WORKSPACE


def _home(user: Json, known: Identity) -> str:
    """The enterprise of a person for an organisation-wide installation, else their team."""
    if known.workspace == known.team_id:
        return str(user.get("team_id") or known.team_id)
    return str((user.get("enterprise_user") or {}).get("enterprise_id") or user.get("enterprise_id") or "")
