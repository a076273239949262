"""How one simulated person answers a wave by pressing buttons, state by state, until everything is confirmed."""

import asyncio
from dataclasses import dataclass, field
from typing import Final

from sandbox.slack.wire import Json
from sandbox.story.behaviour import Sheet, Tap
from sandbox.story.faults import StoryFault
from sandbox.story.screen import Button, Screen, read_screen
from sandbox.story.workspace_client import Pressed, WorkspaceClient
from services.contracts.survey import Item
from services.pulse_bot.messages.ids import ActionId, Field

_STEPS_A_QUESTION: Final = 8
_PAUSE: Final = 0.1


@dataclass
class Tally:
    """What a person did in a wave. ``confirmed``: the last answer to each item that the bot showed as taken."""

    presses: int = 0
    again: int = 0
    confirmed: dict[str, int | None] = field(default_factory=dict)


class Respondent:
    """One person with one sheet in front of one wave; ``since`` is where the wave began in the workspace.

    ``patience``: how many seconds to wait after a press for the next question, before looking again; ``comment``: what
    they write to the open question, where it is offered at the end.
    """

    def __init__(
        self,
        client: WorkspaceClient,
        sheet: Sheet,
        items: tuple[Item, ...],
        since: int,
        *,
        patience: float = 3.0,
        comment: str | None = None,
    ) -> None:
        self._comment = comment
        self._patience = patience
        self._client = client
        self._sheet = sheet
        self._items = items
        self._since = since
        self.tally = Tally()

    async def answer(self) -> Tally:
        """Press everything on the sheet. Raises StoryFault when a question cannot be answered."""
        screen = await self._round(await self._open(), self._sheet.taps)
        if self._sheet.again:
            screen = await self._round(await self._press_change(screen), self._sheet.again)
        await self._write(screen)
        return self.tally

    async def _write(self, screen: Screen) -> None:
        offered = screen.button_with(ActionId.COMMENT.value)
        if self._comment is None or offered is None:
            return
        member, inputs = self._sheet.member, {Field.TEXT.value: self._comment}
        for attempt in range(1, _STEPS_A_QUESTION + 1):  # as a person: a modal that says "once more" is sent once more
            if await self._client.send_modal(member, inputs):
                return
            if not await self._client.has_modal(member):
                await self._client.press(member, screen.message, offered, self._patience)
                if await self._client.send_modal(member, inputs):
                    return
            await asyncio.sleep(_PAUSE * attempt)
        raise self._fault("could not send a comment")

    async def _open(self) -> Screen:
        """The newest message of the wave with something to press: the invitation, or the reminder."""
        seen = await self._client.look(self._sheet.member, self._since)
        for message in reversed(seen.messages):
            screen = self._read(message)
            if screen.question is not None:
                return screen
        raise self._fault("finds no question in the direct messages")

    async def _round(self, screen: Screen, taps: tuple[Tap, ...]) -> Screen:
        """Answer whatever question the screen shows, until each of ``taps`` has been confirmed in this round.

        A question is confirmed when, after it was pressed, the one behind it is seen, or thanks after the last. That
        holds in any order of replies: one to the second press of a double click may come late and show an old question.
        """
        wanted = {tap.item_id: tap for tap in taps}
        pressed: dict[str, int | None] = {}
        done: set[str] = set()
        for _ in range(_STEPS_A_QUESTION * len(taps)):
            before = self._question_before(screen)
            if before in pressed:
                done.add(before)
                self.tally.confirmed[before] = pressed[before]
            if done == set(wanted):
                return screen
            asked = screen.question
            if asked is None:
                screen = await self._press_change(screen)
            elif asked.id in wanted:
                first = asked.id not in pressed
                pressed[asked.id] = wanted[asked.id].value
                screen = await self._press_answer(screen, wanted[asked.id], twice=first and wanted[asked.id].twice)
            else:
                screen = await self._look_again(screen)
        raise self._fault("keeps seeing the same questions")

    async def _press_answer(self, screen: Screen, tap: Tap, *, twice: bool) -> Screen:
        """What the screen shows after the press."""
        button = screen.button_for(tap.value)
        if button is None:
            raise self._fault("finds no button that says what they mean")
        presses = await asyncio.gather(*(self._press(screen, button) for _ in range(2 if twice else 1)))
        moved = self._shown(max(presses, key=_edited))
        if moved is not None and moved.question != screen.question:
            return moved
        self.tally.again += 1
        return await self._look_again(screen)

    async def _press_change(self, screen: Screen) -> Screen:
        """Press "change my answers" below the thanks; a question comes back."""
        for _ in range(_STEPS_A_QUESTION):
            if screen.question is not None:
                return screen
            change = screen.button_with(ActionId.CHANGE.value)
            if change is not None:
                moved = self._shown(await self._press(screen, change))
                if moved is not None and moved.question is not None:
                    return moved
            screen = await self._look_again(screen)
        raise self._fault("can neither answer nor change answers")

    def _question_before(self, screen: Screen) -> str | None:
        """The id of the question before the one on the screen; the last one where the screen says thanks."""
        if screen.question is not None:
            position = self._items.index(screen.question)
            return self._items[position - 1].id if position else None
        return self._items[-1].id if screen.button_with(ActionId.CHANGE.value) else None

    async def _press(self, screen: Screen, button: Button) -> Pressed:
        self.tally.presses += 1
        return await self._client.press(self._sheet.member, screen.message, button, self._patience)

    async def _look_again(self, screen: Screen) -> Screen:
        """The same message a moment later."""
        await asyncio.sleep(_PAUSE * min(8, 1 + self.tally.again))
        seen = await self._client.look(self._sheet.member, self._since)
        for message in seen.messages:
            if message["ts"] == screen.message["ts"] and not message.get("deleted"):
                return self._read(message)
        raise self._fault("does not find the message any more")

    def _shown(self, pressed: Pressed) -> Screen | None:
        """The message as it is shown now; a message for this person only is a "press again"."""
        shown = pressed.shown
        if not pressed.accepted or shown is None or shown.get("ephemeral") or shown.get("deleted"):
            return None
        return self._read(shown)

    def _read(self, message: Json) -> Screen:
        return read_screen(message, self._items)

    def _fault(self, what: str) -> StoryFault:
        return StoryFault(f"{self._sheet.member} {what}; see the log of the bot")


def _edited(pressed: Pressed) -> str:
    """When the message that is shown was last changed; nothing shown is oldest."""
    edited: Json = (pressed.shown or {}).get("edited", {})
    return str(edited.get("ts", ""))
