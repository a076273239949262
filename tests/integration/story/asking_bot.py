"""A bot that asks the questions of a wave one by one, and can be made to fail; everything pressed is kept."""

import asyncio
import random
from typing import Any
from urllib.parse import parse_qs

import httpx
import orjson
from fastapi import FastAPI, Request
from starlette.responses import Response

from services.contracts.survey import Item
from services.pulse_bot.messages.ids import ActionId

Json = dict[str, Any]


class AskingBot:
    """``refuse_every`` n: every n-th press is answered with the same question; ``drop_every``: not at all (500).
    ``latest_reply``: replies take up to so many seconds, by chance, and overtake one another.
    """

    def __init__(self, api_url: str, token: str, items: tuple[Item, ...]) -> None:
        self.items = items
        self.stored: dict[str, dict[str, int | None]] = {}
        self.presses = 0
        self.refuse_every = 0
        self.drop_every = 0
        self.latest_reply = 0.0
        self._chance = random.Random(1)
        self._replies: set[asyncio.Task[None]] = set()
        self._client = httpx.AsyncClient(timeout=60)
        self._api, self._token = api_url, token
        self.app = FastAPI()
        self.app.add_route("/slack/events", self._interaction, methods=["POST"])

    async def invite(self, user: str, wave_id: str) -> None:
        """Posts the first question."""
        body = {"channel": user, "text": "vraag", "blocks": self._question(0, wave_id)}
        headers = {"Authorization": f"Bearer {self._token}"}
        answer = await self._client.post(f"{self._api}chat.postMessage", json=body, headers=headers)
        assert answer.json()["ok"], answer.text

    async def close(self) -> None:
        await asyncio.gather(*self._replies)
        await self._client.aclose()

    async def _interaction(self, request: Request) -> Response:
        payload = orjson.loads(parse_qs((await request.body()).decode())["payload"][0])
        action, user = payload["actions"][0], payload["user"]["id"]
        self.presses += 1
        if self.drop_every and self.presses % self.drop_every == 0:
            return Response(status_code=500)
        index, point = -1, ""
        if action["action_id"] != ActionId.CHANGE:
            index, point = int(action["value"].split("|")[0]), action["value"].split("|")[1]
        if self.refuse_every and self.presses % self.refuse_every == 0:
            blocks = self._question(max(0, index), "w1")
        else:
            if index >= 0:
                self.stored.setdefault(user, {})[self.items[index].id] = None if point == "-" else int(point)
            blocks = self._question(index + 1, "w1") if index + 1 < len(self.items) else self._thanks()
        reply = {"replace_original": True, "text": "vraag", "blocks": blocks}
        delay = self.latest_reply * self._chance.random()
        self._replies.add(asyncio.create_task(self._reply(payload["response_url"], reply, delay)))
        return Response()

    async def _reply(self, url: str, reply: Json, delay: float) -> None:
        await asyncio.sleep(delay)
        await self._client.post(url, json=reply)

    def _question(self, index: int, wave_id: str) -> list[Json]:
        item = self.items[index]
        labels = [(str(x), label.nl) for x, label in enumerate(item.scale, start=1)] + [("-", "Zeg ik liever niet")]
        buttons = [
            {
                "type": "button",
                "action_id": f"{ActionId.ANSWER}.{x}",
                "value": f"{index}|{x}",
                "text": {"type": "plain_text", "text": label},
            }
            for x, label in labels
        ]
        words = {"type": "mrkdwn", "text": f"*{item.text.nl}*"}
        return [
            {"type": "section", "block_id": f"invitation:{wave_id}", "text": words},
            {"type": "actions", "elements": buttons},
        ]

    @staticmethod
    def _thanks() -> list[Json]:
        change = {
            "type": "button",
            "action_id": ActionId.CHANGE,
            "value": "x",
            "text": {"type": "plain_text", "text": "Wijzigen"},
        }
        words = {"type": "section", "text": {"type": "mrkdwn", "text": "Dank je wel!"}}
        return [words, {"type": "actions", "elements": [change]}]
