"""The ids of blocks and actions, and what a button carries: never more than which question and which point."""

import re
from enum import StrEnum
from typing import Final

from services.pulse_bot.answers.values import GivenAnswer
from services.pulse_bot.kinds import MessageKind

_PREFER_NOT: Final = "-"
_SEPARATOR: Final = "|"


class ActionId(StrEnum):
    """Actions that the bot listens to. Those of answers end in the point of the scale, since ids are unique."""

    ANSWER = "pulse.answer"
    CHANGE = "pulse.change"
    COMMENT = "pulse.comment"

    PREFERENCES = "home.preferences"
    PAUSE = "home.pause"
    LANGUAGE = "home.language"
    STORED = "home.stored"
    FORGET = "home.forget"
    RETURN = "home.return"
    CONCERN = "home.concern"
    BUDDY = "home.buddy"
    ADMIN = "home.admin"
    PUBLISHED = "results.everything"
    PUBLISHED_TEAMS = "results.teams"
    PUBLISHED_COMMENTS = "results.comments"

    ANNOUNCEMENT_APPROVE = "announcement.approve"
    ANNOUNCEMENT_EDIT = "announcement.edit"
    ANNOUNCEMENT_DISCARD = "announcement.discard"
    POST_AGAIN = "post.again"
    OTHER_LANGUAGE = "post.language"

    CONCERN_ANSWER = "concern.answer"

    ADMIN_DO = "admin.do"


class AdminVerb(StrEnum):
    """What a champion can do; the last part of a button's action id."""

    PLAN = "plan"
    SET_UP = "set_up"
    PREVIEW = "preview"
    DRY_RUN = "dry_run"
    APPROVE = "approve"
    EXTEND = "extend"
    STOP = "stop"
    VISIBILITY = "visibility"
    ANNOUNCE = "announce"
    TRAINING = "training"
    DRAFTS = "drafts"
    CORRECT = "correct"
    PROMISE = "promise"
    SETTLE = "settle"
    PHASE = "phase"
    BUDDIES = "buddies"
    REVIEW = "review"
    FINISH = "finish"


class CallbackId(StrEnum):
    """Modals that the bot listens to."""

    PREFERENCES = "preferences"
    ANNOUNCEMENT = "announcement"
    CONCERN = "concern"
    CONCERN_ANSWER = "concern.answer"
    COMMENT = "comment"
    PROMISE = "promise"
    SETTLE = "settle"
    CORRECT = "correct"
    PHASE = "phase"
    SET_UP = "set_up"
    EXTEND = "extend"
    STORED = "stored"
    PUBLISHED = "results"
    REVIEW_CHOOSE = "review.choose"
    REVIEW_PAGE = "review.page"
    REVIEW_RELEASE = "review.release"


class Field(StrEnum):
    """Fields of modals: the id of a block and of the one element in it."""

    LANGUAGE = "language"
    HOUR = "hour"
    DAYS_OFF = "days_off"
    PAUSE = "pause"
    KIND = "kind"
    TITLE = "title"
    STORY = "story"
    OTHER_TITLE = "other_title"
    OTHER_STORY = "other_story"
    AUDIENCE = "audience"
    FIGURE = "figure"
    UNIT = "unit"
    PERIOD = "period"
    STAGGERED = "staggered"
    TEXT = "text"
    OTHER_TEXT = "other_text"
    SAID = "said"
    OTHER_SAID = "other_said"
    QUESTION = "question"
    OWNER = "owner"
    DUE = "due"
    STATE = "state"
    NODE = "node"
    PHASE = "phase"
    DATE = "date"
    DAYS = "days"
    CHAMPIONS = "champions"
    GROUPS = "groups"
    NAME = "name"
    ROUND = "round"
    WITHHELD = "withheld"


ADMIN_PATTERN: Final = re.compile(rf"^{re.escape(ActionId.ADMIN_DO.value)}\.\w+$")
"""Matches the action id of every button of a champion's menu."""

ANSWER_PATTERN: Final = re.compile(rf"^{re.escape(ActionId.ANSWER.value)}\.[\w-]+$")
"""Matches the action id of every answer button."""


class BlockId(StrEnum):
    """Blocks with a role."""

    ANSWERS = "pulse.answers"
    CHANGE = "pulse.change"
    HOME_PULSE = "home.pulse"
    HOME_PREFERENCES = "home.preferences"
    HOME_STORED = "home.stored"
    HOME_RESULTS = "home.results"
    HOME_MORE = "home.more"
    DRAFT = "announcement.draft"
    POST = "post"
    CONCERN = "concern"
    ADMIN = "admin"


class MalformedButton(ValueError):
    """A button that this bot did not make."""


def message_block(kind: MessageKind, wave_id: str) -> str:
    """The id of a wave message's first block: by it the message is found in a DM's history."""
    return f"{kind.value}:{wave_id}"


def answer_action(value: int | None) -> str:
    """The action id of the button for a point, or for "rather not say"."""
    return f"{ActionId.ANSWER.value}.{_PREFER_NOT if value is None else value}"


def answer_value(kind: MessageKind, answer: GivenAnswer) -> str:
    """What an answer button carries."""
    point = _PREFER_NOT if answer.value is None else str(answer.value)
    return _SEPARATOR.join((kind.value, answer.wave_id, str(answer.index), answer.item_id, point))


def parse_answer(carried: str) -> tuple[MessageKind, GivenAnswer]:
    """The kind of message and the answer that a button stands for. Raises MalformedButton."""
    parts = carried.split(_SEPARATOR)
    if len(parts) != 5:
        raise MalformedButton("an answer button has five parts")
    kind, wave_id, index, item_id, point = parts
    try:
        value = None if point == _PREFER_NOT else int(point)
        return MessageKind(kind), GivenAnswer(wave_id, int(index), item_id, value)
    except ValueError:
        raise MalformedButton("an answer button has a kind, a wave, an index, an item and a point") from None


def change_value(kind: MessageKind, wave_id: str) -> str:
    """What the button "change my answers" carries."""
    return _SEPARATOR.join((kind.value, wave_id))


def parse_change(carried: str) -> tuple[MessageKind, str]:
    """The kind of message and the wave of a "change my answers" button. Raises MalformedButton."""
    kind, separator, wave_id = carried.partition(_SEPARATOR)
    try:
        if not separator:
            raise ValueError
        return MessageKind(kind), wave_id
    except ValueError:
        raise MalformedButton("a change button has a kind and a wave") from None


def admin_action(verb: AdminVerb) -> str:
    """The action id of a champion's button."""
    return f"{ActionId.ADMIN_DO.value}.{verb.value}"


def parse_admin(action_id: str) -> AdminVerb:
    """What a champion's button does. Raises MalformedButton."""
    try:
        return AdminVerb(action_id.removeprefix(f"{ActionId.ADMIN_DO.value}."))
    except ValueError:
        raise MalformedButton("no such verb") from None


def withheld_field(first_comment: str) -> str:
    """The checkboxes of one page of a review. Each page has its own: Slack carries ticks on where the id stays."""
    return f"{Field.WITHHELD.value}.{first_comment}"


def pair(first: str, second: str) -> str:
    """What a button carries that stands for two ids, such as an announcement and its revision."""
    return f"{first}{_SEPARATOR}{second}"


def parse_pair(carried: str) -> tuple[str, str]:
    """The two ids that a button carries. Raises MalformedButton."""
    first, separator, second = carried.rpartition(_SEPARATOR)
    if not separator or not first or not second:
        raise MalformedButton("this button carries two ids")
    return first, second
