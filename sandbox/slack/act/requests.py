"""The bodies of the act API."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sandbox.slack.delivery import Repeat

Selection = str | list[str] | None
"""What was typed or chosen: a text, an option's value, an id, a date; a list where several can be chosen."""


class _Act(BaseModel):
    model_config = ConfigDict(extra="forbid")

    user: str = Field(description="Id of the person who acts")


class _Waiting(_Act):
    wait_seconds: float = Field(
        default=0,
        ge=0,
        le=30,
        description="Wait at most so long for what the bot shows in answer; the reply then has `effect` "
        "(message, ephemeral, modal, home, or null) and `shown` (the thing)",
    )


class RememberedAction(BaseModel):
    """An element as the person's screen still shows it, though the message may have moved on."""

    model_config = ConfigDict(extra="forbid")

    action_id: str
    block_id: str
    type: str = "button"
    value: str | None = None
    text: str = ""


class Click(_Waiting):
    """A click on an element of a message (``channel`` and ``message_ts``) or of a view (``view_id``).

    ``selection`` is what was chosen in a menu; ``inputs`` what stands in other inputs of the message or view, by
    action id (or ``block_id/action_id``). ``remembered`` clicks an element that the message no longer has: a
    late click on an old screen. ``delivery: "twice"`` sends the very same payload twice at once; a double click
    is two calls.

    Reply: ``{status, milliseconds, body_excerpt, effect?, shown?, deliveries?}``. 404 for an unknown message or
    view, 409 when it has no such element (any more), 403 when the person cannot see it.
    """

    channel: str = ""
    message_ts: str = ""
    view_id: str = ""
    action_id: str = ""
    block_id: str | None = None
    selection: Selection = None
    inputs: dict[str, Selection] = {}
    remembered: RememberedAction | None = None
    delivery: Repeat = Repeat.ONCE

    @model_validator(mode="after")
    def _names_a_thing(self) -> Self:
        if bool(self.view_id) == bool(self.channel and self.message_ts):
            raise ValueError("name either channel and message_ts, or view_id")
        if not self.action_id and self.remembered is None:
            raise ValueError("name the action_id, or give the element as remembered")
        return self


class Command(_Waiting):
    """A slash command: ``text`` with the command itself, such as ``/pulse status``. Without ``channel`` it is
    given in the DM with the bot. What the bot answers in the response body is shown at once. A command that the app
    has not announced is refused with 422."""

    text: str = Field(pattern=r"^/\S")
    channel: str = ""


class OpenHome(_Waiting):
    """Opens the app: the bot gets ``app_home_opened`` for this tab."""

    tab: str = Field(default="home", pattern="^(home|messages)$")


class Submit(_Waiting):
    """Sends a modal. ``inputs`` as in :class:`Click`; inputs left out keep their initial value.

    Reply: as for a click, with ``outcome``: ``closed``, ``cleared``, ``updated``, ``pushed``, ``errors`` (then
    ``errors`` by block id), ``missing`` (required inputs are empty; ``errors`` names the blocks and nothing was
    sent) or ``failed``.
    """

    view_id: str
    inputs: dict[str, Selection] = {}


class CloseModal(_Act):
    """Closes a modal, or with ``all`` the whole stack."""

    view_id: str
    all: bool = False


class React(_Act):
    """Adds (or takes away) a reaction by emoji name, without colons."""

    channel: str
    message_ts: str
    name: str
    remove: bool = False


class Say(_Act):
    """Writes a message in a conversation; with ``thread_ts`` in the thread below that message."""

    channel: str
    thread_ts: str = ""
    text: str = Field(min_length=1, max_length=40_000)


class MarkRead(_Act):
    """Has seen everything in a conversation."""

    channel: str
