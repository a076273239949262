"""Signed clicks at a steady rate, each of another person or on another question, and what became of each."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web

from sandbox.slack.signing import signed_headers

_PRESS_AGAIN = (b"Please press once more", b"Druk nog een keer")


@dataclass(frozen=True)
class Click:
    """Who presses what."""

    person: str
    item: str
    step: int
    value: int


@dataclass
class Outcome:
    """``confirmed``: clicks after which the next question was shown, the only sign that an answer is in."""

    confirmed: set[Click] = field(default_factory=set)
    press_again: set[Click] = field(default_factory=set)
    unanswered: set[Click] = field(default_factory=set)


async def press(
    clicks: Sequence[Click],
    a_second: float,
    wave: str,
    workspace: str,
    secret: str,
    replies_at: str,
    during: Callable[[], Awaitable[None]] | None = None,
) -> Outcome:
    """Press them all, one after the other and without waiting for answers, while ``during`` goes on.

    ``replies_at`` is an address of this machine at which the bot reaches it.
    """
    outcome = Outcome()
    shown: dict[int, bytes] = {}

    async def reply(request: web.Request) -> web.Response:
        shown[int(request.match_info["number"])] = await request.read()
        return web.Response(text="ok")

    application = web.Application()
    application.router.add_post("/r/{number}", reply)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "0.0.0.0", 0).start()
    back = f"http://{replies_at}:{runner.addresses[0][1]}/r/"

    async def one(session: aiohttp.ClientSession, number: int) -> None:
        click = clicks[number]
        body = aiohttp.FormData({"payload": json.dumps(_payload(click, wave, workspace, f"{back}{number}"))})()._value
        headers = signed_headers(secret, int(time.time()), body, "application/x-www-form-urlencoded")
        try:
            async with session.post("http://127.0.0.1:8601/slack/events", data=body, headers=headers) as response:
                await response.read()
                if response.status != 200:
                    outcome.unanswered.add(click)
        except (aiohttp.ClientError, TimeoutError):
            outcome.unanswered.add(click)

    connector = aiohttp.TCPConnector(limit=500)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=10)) as session:
        tasks = [asyncio.ensure_future(during())] if during else []
        started = time.perf_counter()
        for number in range(len(clicks)):
            await asyncio.sleep(max(0.0, started + number / a_second - time.perf_counter()))
            tasks.append(asyncio.create_task(one(session, number)))
        await asyncio.gather(*tasks)
        for _ in range(100):  # the last replies are on their way
            if len(shown) >= len(clicks) - len(outcome.unanswered):
                break
            await asyncio.sleep(0.1)
    await runner.cleanup()
    for number, told in shown.items():
        again = any(words in told for words in _PRESS_AGAIN)
        (outcome.press_again if again else outcome.confirmed).add(clicks[number])
    return outcome


def _payload(click: Click, wave: str, workspace: str, reply_to: str) -> dict[str, object]:
    return {
        "type": "block_actions",
        "team": {"id": workspace},
        "user": {"id": click.person, "team_id": workspace},
        "api_app_id": "A1",
        "token": "t",
        "container": {"type": "message"},
        "response_url": reply_to,
        "actions": [
            {
                "type": "button",
                "block_id": "pulse.answers",
                "action_id": f"pulse.answer.{click.value}",
                "value": f"invitation|{wave}|{click.step}|{click.item}|{click.value}",
            }
        ],
    }
