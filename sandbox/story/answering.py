"""How one simulated person answers a wave by pressing buttons, state by state, until everything is confirmed."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sandbox.slack.wire import Json
from sandbox.story.behaviour import Sheet, Tap
from sandbox.story.faults import StoryFault
from sandbox.story.screen import Screen, read_screen
from sandbox.story.workspace_client import Pressed, WorkspaceClient
from services.contracts.survey import Item
from services.pulse_bot.messages.ids import ActionId

_NEXT_QUESTION_WITHIN: Final = 3.0
_PRESSES_A_QUESTION: Final = 8
_PAUSE: Final = 0.1


@dataclass
class Tally:
    """What a person did in a wave. ``confirmed``: the last answer to each item that the bot showed as taken."""

    presses: int = 0
    again: int = 0
    confirmed: dict[str, int | None] = field(default_factory=dict)


class Respondent:
    """One person with one sheet in front of one wave; ``since`` is where the wave began in the workspace."""

    def __init__(self, client: WorkspaceClient, sheet: Sheet, items: tuple[Item, ...], since: int) -> None:
        self._client = client
        self._sheet = sheet
        self._items = items
        self._since = since
        self.tally = Tally()

    async def answer(self) -> Tally:
        """Press everything on the sheet. Raises StoryFault when a question cannot be answered."""
        screen = await self._open()
        screen = await self._round(screen, self._sheet.taps)
        if self._sheet.again:
            screen = await self._press_change(screen)
            await self._round(screen, self._sheet.again)
        return self.tally

    async def _open(self) -> Screen:
        """The newest message of the wave with something to press: the invitation, or the reminder."""
        seen = await self._client.look(self._sheet.member, self._since)
        for message in reversed(seen.messages):
            screen = self._read(message)
            if screen.question is not None:
                return screen
        raise self._fault("finds no question in the direct messages")

    async def _round(self, screen: Screen, taps: tuple[Tap, ...]) -> Screen:
        """Answer whatever question the screen shows, until each of ``taps`` has been confirmed in this round."""
        wanted: Mapping[str, Tap] = {tap.item_id: tap for tap in taps}
        done: set[str] = set()
        presses = 0
        while done != set(wanted):
            presses += 1
            if presses > _PRESSES_A_QUESTION * len(taps):
                raise self._fault("keeps seeing the same question")
            asked = screen.question
            tap = wanted.get(asked.id) if asked is not None else None
            if asked is None or tap is None:
                raise self._fault("sees none of the questions still to answer")
            moved = await self._press_answer(screen, tap, first=asked.id not in done)
            if moved is None or not self._is_past(asked, moved):
                self.tally.again += 1
                await asyncio.sleep(_PAUSE * min(8, self.tally.again))
                moved = await self._look_again(screen)
            if self._is_past(asked, moved):
                done.add(asked.id)
                self.tally.confirmed[asked.id] = tap.value
            screen = moved
        return screen

    async def _press_answer(self, screen: Screen, tap: Tap, *, first: bool) -> Screen | None:
        """What the screen shows after the press; None when it was not taken ("press again")."""
        action = screen.button_for(tap.value)
        if action is None:
            raise self._fault("finds no button that says what they mean")
        if tap.twice and first:
            one, two = await asyncio.gather(self._press(screen, action), self._press(screen, action))
            newest = max((one, two), key=_edited)
            return self._shown(newest) if one.accepted or two.accepted else None
        return self._shown(await self._press(screen, action))

    async def _press_change(self, screen: Screen) -> Screen:
        """Press "change my answers"; the first question comes back."""
        for _ in range(_PRESSES_A_QUESTION):
            if ActionId.CHANGE.value in screen.buttons.values():
                moved = self._shown(await self._press(screen, ActionId.CHANGE.value))
                if moved is not None and moved.question is not None:
                    return moved
            await asyncio.sleep(_PAUSE)
            screen = await self._look_again(screen)
            if screen.question is not None and screen.question.id == self._items[0].id:
                return screen
            if screen.question is not None:  # a double click brought an answered question back
                tap = next(tap for tap in self._sheet.taps if tap.item_id == screen.question.id)
                screen = await self._press_answer(screen, tap, first=False) or screen
        raise self._fault("cannot change the answers")

    def _is_past(self, asked: Item, screen: Screen) -> bool:
        """Whether the screen shows a later question, or thanks. A late reply to a double click shows an earlier one."""
        if screen.question is None:
            return ActionId.CHANGE.value in screen.buttons.values()
        return self._items.index(screen.question) > self._items.index(asked)

    async def _press(self, screen: Screen, action: str) -> Pressed:
        self.tally.presses += 1
        return await self._client.press(self._sheet.member, screen.message, action, _NEXT_QUESTION_WITHIN)

    async def _look_again(self, screen: Screen) -> Screen:
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
