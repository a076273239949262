"""Every difference from Slack's documentation, of ours and of npm's ``emulate``: what is answered, and why.

The test fails for a difference that is not here, and for one that is here and no longer true.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tests.contract.web_api.cases import NOT_A_METHOD


@dataclass(frozen=True)
class Difference:
    """What a workspace answers instead, and why; the page of Slack's documentation is that of the method."""

    gives: str
    why: str


OURS: Final[dict[str, Difference]] = {
    "api.test: no token is needed": Difference(
        "not_authed", "Deliberate: in this product nothing answers without a token but health."
    ),
    "chat.postMessage: a text of 40,001 characters is cut off": Difference(
        "msg_too_long", "Deliberate: Slack cuts such a text off with a warning; a bot's mistake shall not go unseen."
    ),
    "chat.postMessage: a reply that the channel shows too": Difference(
        "invalid_arguments", "Refused, since the page shows a reply in its thread alone."
    ),
}

_NO_LIMITS: Final = "Does not look into blocks and views: no limit and no shape is checked."
_ANY_TOKEN: Final = "Takes any token for a person's; only tokens that it knows are held to scopes."
_ANY_THREAD: Final = "Takes any text for the timestamp of a message."
_LACKS: Final = "Does not have the method (answers HTTP 404)."
_BLOCK_CASES: Final = (
    *("60 blocks", "a button of 76 characters", "a button's value of 2,001 characters", "26 buttons in a row"),
    *("a section of 3,001 characters", "a header of 151 characters", "a header in mrkdwn", "a section without text"),
    *("an unknown block", "an unknown field"),
)
_VIEW_CASES: Final = (
    *("a title of 25 characters", "101 blocks", "inputs without a submit button"),
    "private metadata of 3,001 characters",
)
_LACKING: Final = (
    *("api.test: no token is needed", "api.test: the error asked for", "usergroups.list: a missing scope"),
    *("usergroups.users.list: a missing scope", "usergroups.list: with members", "usergroups.users.list: members"),
    *("usergroups.users.list: an unknown group", "apps.connections.open: the app-level token"),
    *("apps.connections.open: no token", "apps.connections.open: the bot's token"),
)

EMULATE: Final[dict[str, Difference]] = {
    "auth.test: an unknown token": Difference("ok", _ANY_TOKEN),
    "chat.postMessage: an unknown token": Difference("missing_scope", _ANY_TOKEN),
    "chat.postMessage: the app-level token": Difference("missing_scope", _ANY_TOKEN),
    "users.list: an unknown token": Difference("missing_scope", _ANY_TOKEN),
    "views.open: an unknown token": Difference("invalid_view", _ANY_TOKEN),
    "no.such.method: an unknown method": Difference(NOT_A_METHOD, "Answers HTTP 404 where Slack answers with JSON."),
    **{name: Difference(NOT_A_METHOD, _LACKS) for name in _LACKING},
    "chat.postMessage: text and blocks to a channel": Difference(
        "ok without message.bot_id, message.blocks.0.block_id", "Gives blocks back as they came, and no bot_id."
    ),
    **{f"chat.postMessage: {name}": Difference("ok", _NO_LIMITS) for name in _BLOCK_CASES},
    "chat.update: 60 blocks": Difference("ok", _NO_LIMITS),
    "chat.update: an unknown channel": Difference("message_not_found", "Looks for the message alone."),
    "chat.postMessage: a reply to no timestamp": Difference("ok", _ANY_THREAD),
    "chat.postMessage: a reply to an unknown message": Difference("ok", _ANY_THREAD),
    "chat.postMessage: a reply to a deleted message": Difference("ok", _ANY_THREAD),
    "conversations.replies: oldest first, below the first message": Difference(
        "ok without messages.0.latest_reply, messages.1.parent_user_id=U0BOT", "Tells less of a thread."
    ),
    "conversations.replies: by page": Difference(
        "ok without has_more=True, response_metadata.next_cursor, count=2", "Gives the whole thread at once."
    ),
    "conversations.replies: by a reply's timestamp": Difference(
        "ok without messages.1.text=Een", "Knows a thread by its first message alone."
    ),
    "conversations.replies: an unknown message": Difference("ok", "Gives an empty thread."),
    "conversations.list: an unknown type": Difference("ok", "Passes over types that it does not know."),
    "users.info: a person with locale": Difference(
        "ok without user.tz, user.locale, user.is_restricted=False", "Has no time zones, locales or guests."
    ),
    "users.list: everybody": Difference("ok without cache_ts", "Leaves the field out."),
    "reactions.add: no emoji's name": Difference("ok", "Takes any text for an emoji's name."),
    "reactions.get: nothing named": Difference("message_not_found", "Looks for the message alone."),
    **{f"views.open: {name}": Difference("ok", _NO_LIMITS) for name in _VIEW_CASES},
    "views.publish: a modal as App Home": Difference("invalid_view", "A code of its own."),
}
