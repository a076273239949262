"""A small bot made with the same library as the real one: it asks one question and answers in every surface."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from slack_bolt.adapter.fastapi.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient
from starlette.responses import Response

Json = dict[str, Any]

_ANSWER = re.compile(r"^answer:\d$")
LABELS = ("helemaal niet", "niet", "neutraal", "wel", "helemaal wel")


def question(number: int) -> list[Json]:
    """A question with five labelled buttons."""
    buttons = [
        {
            "type": "button",
            "action_id": f"answer:{value}",
            "value": f"q{number}={value}",
            "text": {"type": "plain_text", "text": label},
        }
        for value, label in enumerate(LABELS, start=1)
    ]
    return [
        {"type": "header", "text": {"type": "plain_text", "text": f"Vraag {number}"}},
        {"type": "section", "text": {"type": "mrkdwn", "text": "*Ik vertrouw* de hulp van AI in mijn werk."}},
        {"type": "actions", "block_id": f"question-{number}", "elements": buttons},
    ]


MODAL: Json = {
    "type": "modal",
    "callback_id": "concern",
    "title": {"type": "plain_text", "text": "Zorg delen"},
    "submit": {"type": "plain_text", "text": "Versturen"},
    "blocks": [
        {
            "type": "input",
            "block_id": "concern",
            "label": {"type": "plain_text", "text": "Wat houdt je bezig?"},
            "element": {"type": "plain_text_input", "action_id": "text", "multiline": True},
        }
    ],
}
HOME: Json = {
    "type": "home",
    "blocks": [
        {"type": "header", "text": {"type": "plain_text", "text": "Jouw ronde"}},
        {
            "type": "section",
            "text": {"type": "mrkdwn", "text": "Taal"},
            "accessory": {
                "type": "static_select",
                "action_id": "language",
                "options": [
                    {"text": {"type": "plain_text", "text": "Nederlands"}, "value": "nl"},
                    {"text": {"type": "plain_text", "text": "English"}, "value": "en"},
                ],
            },
        },
    ],
}


class StubBot:
    """The bot and what it was sent. ``app`` serves POST /slack/events."""

    def __init__(self, api_url: str, token: str, signing_secret: str) -> None:
        self.client = AsyncWebClient(token=token, base_url=api_url)
        self.received: list[Json] = []
        self.raw: list[tuple[str, dict[str, str]]] = []
        self.retry_headers: list[str] = []
        self.refuse_events = 0
        self.answer_clicks = True

        async def authorize() -> AuthorizeResult:
            return AuthorizeResult(enterprise_id=None, team_id="T1", bot_token=token, bot_user_id="U0BOT")

        bolt = AsyncApp(
            client=self.client,
            signing_secret=signing_secret,
            authorize=authorize,
            process_before_response=True,
        )
        bolt.action({"type": "block_actions", "action_id": "language"})(self._choose_language)
        bolt.block_action(_ANSWER)(self._answer)
        bolt.command("/pulse")(self._command)
        bolt.view("concern")(self._submit)
        bolt.event("app_home_opened")(self._home)
        bolt.event("reaction_added")(self._remember)
        bolt.event("message")(self._remember)
        handler = AsyncSlackRequestHandler(bolt)
        self.app = FastAPI()

        @self.app.post("/slack/events")
        async def events(request: Request) -> Response:
            self.raw.append(((await request.body()).decode(), dict(request.headers)))
            if "x-slack-retry-num" in request.headers:
                self.retry_headers.append(request.headers["x-slack-retry-num"])
            if self.refuse_events > 0:
                self.refuse_events -= 1
                return Response(status_code=500)
            return await handler.handle(request)

    async def _remember(self, ack: Any, body: Json) -> None:
        await ack()
        self.received.append(body)

    async def _answer(self, ack: Any, body: Json, respond: Any) -> None:
        self.received.append(body)
        if self.answer_clicks:
            await respond(text="Volgende vraag", blocks=question(len(self.received) + 1), replace_original=True)
        await ack()

    async def _choose_language(self, ack: Any, body: Json) -> None:
        await ack()
        self.received.append(body)
        await self.client.views_publish(user_id=body["user"]["id"], view=HOME)

    async def _command(self, ack: Any, body: Json, client: AsyncWebClient) -> None:
        self.received.append(body)
        if body["text"] == "concern":
            await client.views_open(trigger_id=body["trigger_id"], view=MODAL)
            await ack()
        else:
            await ack(f"Je schreef: {body['text']}")

    async def _submit(self, ack: Any, body: Json, view: Json) -> None:
        self.received.append(body)
        text = view["state"]["values"]["concern"]["text"]["value"]
        if len(text) < 5:
            await ack(response_action="errors", errors={"concern": "Schrijf iets meer."})
        else:
            await ack()

    async def _home(self, ack: Any, event: Mapping[str, Any], client: AsyncWebClient) -> None:
        await ack()
        await client.views_publish(user_id=event["user"], view=HOME)
