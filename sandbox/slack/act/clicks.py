"""``/act/click``: a click on an element of a message or a view becomes a signed ``block_actions`` delivery."""

from __future__ import annotations

import asyncio
import time

from fastapi import HTTPException

from sandbox.slack import payloads
from sandbox.slack.act.effects import delivered, with_effect
from sandbox.slack.act.elements import UnknownOptionError, action_of, find_element, remembered_action, state_of
from sandbox.slack.act.people import actor, seen_conversation, seen_message, seen_view
from sandbox.slack.act.requests import Click
from sandbox.slack.delivery import Repeat
from sandbox.slack.directory import User
from sandbox.slack.feed import Topic
from sandbox.slack.wire import Json
from sandbox.slack.workspace import Workspace


async def click(workspace: Workspace, request: Click) -> Json:
    """Delivers the click; see :class:`~sandbox.slack.act.requests.Click` for the reply."""
    user = actor(workspace, request.user)
    payload, topics = (_view_click if request.view_id else _message_click)(workspace, user, request)

    async def act() -> Json:
        times = 2 if request.delivery is Repeat.TWICE else 1
        answers = await asyncio.gather(
            *(
                delivered(workspace, "block_actions", user.id, payload, lambda: workspace.delivery.interaction(payload))
                for _ in range(times)
            )
        )
        report = answers[0].report()
        return report if times == 1 else report | {"deliveries": [answer.report() for answer in answers]}

    return await with_effect(workspace, act, request.wait_seconds, *topics)


def _message_click(workspace: Workspace, user: User, request: Click) -> tuple[Json, list[Topic]]:
    conversation = seen_conversation(workspace, user, request.channel)
    ephemeral = workspace.ephemerals.find(user.id, request.message_ts)
    message = ephemeral or seen_message(workspace, conversation, request.message_ts)
    blocks = message.block_list()
    action, state = _action_and_state(blocks, request)
    origin = workspace.triggers.issue(user.id, conversation.id, message.ts)
    payload = payloads.message_action(
        user,
        conversation,
        message,
        action,
        state,
        directory=workspace.directory,
        origin=origin,
        response_url=workspace.response_urls.issue(origin),
    )
    topics: list[Topic] = [("interaction", origin.interaction), ("message", conversation.id, message.ts)]
    return payload, topics


def _view_click(workspace: Workspace, user: User, request: Click) -> tuple[Json, list[Topic]]:
    view = seen_view(workspace, user, request.view_id)
    action, state = _action_and_state(view.body["blocks"], request)
    origin = workspace.triggers.issue(user.id)
    payload = payloads.view_action(user, view, action, state, directory=workspace.directory, origin=origin)
    return payload, [("interaction", origin.interaction), ("view", view.id)]


def _action_and_state(blocks: list[Json], request: Click) -> tuple[Json, Json]:
    action_ts = f"{time.time():.6f}"
    try:
        if request.remembered is not None:
            return remembered_action(request.remembered, action_ts), state_of(blocks, request.inputs)
        found = find_element(blocks, request.action_id, request.block_id)
        if found is None:
            raise HTTPException(
                409, f"There is no element {request.action_id} to click (any more); send it as `remembered` to insist."
            )
        inputs = {request.action_id: request.selection, **request.inputs}
        return action_of(found, request.selection, action_ts), state_of(blocks, inputs)
    except UnknownOptionError as error:
        raise HTTPException(409, str(error)) from error
