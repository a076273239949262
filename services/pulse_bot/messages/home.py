"""App Home: my round, the last results, promises, preferences, what is stored about me, and how anonymity works."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from typing import Final

from babel.dates import format_date, format_datetime
from slack_sdk.models.blocks import Block, DividerBlock

from services.contracts.base import Language
from services.contracts.floors import DISTRIBUTION_FLOOR, SCORE_FLOOR
from services.pulse_bot.announcements.promises import Promise
from services.pulse_bot.ledger.live_share import LiveShare
from services.pulse_bot.ledger.preferences import NONE, Preferences
from services.pulse_bot.ledger.stored import StoredRow
from services.pulse_bot.locales import translator
from services.pulse_bot.messages.ids import ActionId, BlockId, CallbackId
from services.pulse_bot.messages.message import Json, Message, escaped, message
from services.pulse_bot.messages.parts import (
    Dialog,
    actions,
    button,
    confirm,
    context,
    dicts,
    header,
    modal,
    pieces,
    section,
)
from services.pulse_bot.messages.preferences import told
from services.pulse_bot.messages.results import Results, numbers, promise_words

_ROWS_AT_FIRST: Final = 4
_ROWS: Final = 80
_PROMISES: Final = 6
_BALLOT: Final = '{"wave_id":"…","ballot_id":"…","node_id":"…","item_id":"…","value":…}'
"""The shape of one answer as it is stored: see ``pulse_ballots.closed_answers``. Names of columns, no values."""


class RoundState(StrEnum):
    """Where a person stands in the open round; ``AWAY``: not invited because of a pause, or forgotten."""

    NOT_INVITED = "not_invited"
    AWAY = "away"
    WAITING = "waiting"
    ANSWERED = "answered"


@dataclass(frozen=True)
class MyRound:
    """The open round for one person; ``closes_at`` in the zone to show it in, ``share`` of the whole organisation."""

    state: RoundState
    closes_at: datetime
    share: LiveShare | None = None


@dataclass(frozen=True)
class Page:
    """Everything that one person's App Home shows."""

    language: Language
    my_round: MyRound | None = None
    results: Results | None = None
    promises: Sequence[Promise] = ()
    chosen: Preferences = NONE
    campaign_hour: time | None = None
    rows: Sequence[StoredRow] = ()
    forgotten: bool = False
    buddy: bool = False
    champion: bool = False


def home(page: Page) -> Json:
    """The view of App Home."""
    blocks = [
        *_round(page),
        *_results(page),
        *_promises(page),
        *_preferences(page),
        *_stored(page),
        *_anonymity(page.language),
        *_more(page),
    ]
    return {"type": "home", "blocks": dicts(blocks)}


def stored_modal(rows: Sequence[StoredRow], language: Language) -> Json:
    """Everything that is stored about a person, row by row."""
    _ = translator(language)
    blocks: list[Block] = [section(_("These are all rows of our ledger that name you, exactly as they are stored."))]
    if not rows:
        blocks = [section(_("The ledger has no row that names you."))]
    for row in rows[:_ROWS]:
        blocks += _literal(row)
    if len(rows) > _ROWS:
        more = _(
            "Rows of earlier rounds that are not shown here: {count}. Ask the people who run this programme "
            "for all of them."
        )
        blocks.append(context(more.format(count=len(rows) - _ROWS)))
    return modal(Dialog(CallbackId.STORED, _("Stored about you"), None, _("Close")), *blocks[:99])


def forgotten_notice(language: Language) -> Message:
    """After "forget me"."""
    _ = translator(language)
    words = _(
        "*We have deleted what named you.*\n"
        "Your answers of the open round are withdrawn, and the ledger has no row that names you. You get "
        "no more questions. In the Home tab of this app you can take part again."
    )
    return message(_("We have deleted what named you."), section(words))


def not_forgotten_yet(language: Language) -> Message:
    """Kafka did not confirm the withdrawal; nothing was removed, so that it can be tried again."""
    _ = translator(language)
    words = _("That did not go well at our end, and nothing was removed yet. Please press once more.")
    return message(words, section(words))


def back_again(language: Language) -> Message:
    """After coming back."""
    _ = translator(language)
    words = _("Welcome back! You get the questions of the next round.")
    return message(words, section(words))


def _round(page: Page) -> list[Block]:
    _ = translator(page.language)
    blocks: list[Block] = [header(_("Your round"))]
    if page.my_round is None:
        away = page.forgotten or page.chosen.paused_until is not None
        told = _("No round is open now. Whoever is invited gets a message when the next one starts.")
        blocks.append(section(_("No round is open now.") if away else told))
        return blocks
    until = format_datetime(
        page.my_round.closes_at,
        "EEEE d MMMM, HH:mm",
        tzinfo=page.my_round.closes_at.tzinfo,
        locale=page.language,
    )
    words = {
        RoundState.WAITING: _(":speech_balloon: *Your questions wait for you* in the Messages tab, until {until}."),
        RoundState.ANSWERED: _(
            ":white_check_mark: *You have answered.* Thank you! In the Messages tab you can change it until {until}."
        ),
        RoundState.NOT_INVITED: _(
            "A round is open until {until}. You do not take part in it; late joiners are invited to the next one."
        ),
        RoundState.AWAY: _("No round is open for you now."),
    }
    blocks.append(section(words[page.my_round.state].format(until=until)))
    if page.my_round.share is not None:
        blocks.append(context(_share(page.my_round.share, page.language)))
    return blocks


def _share(share: LiveShare, language: Language) -> str:
    _ = translator(language)
    on = format_date(share.on, "EEEE d MMMM", locale=language)
    if share.percent == 0:
        return _("Fewer than 10 % of the whole organisation had answered on {day}. This is counted once a day.").format(
            day=on
        )
    words = _("At least {percent} % of the whole organisation had answered on {day}. This is counted once a day.")
    return words.format(percent=share.percent, day=on)


def _results(page: Page) -> list[Block]:
    _ = translator(page.language)
    if page.results is None:
        return [header(_("Results")), section(_("There are no results yet. You see them when leaders see them."))]
    title = page.results.released.title.in_language(page.language)
    buttons = (
        button(_("All results"), ActionId.PUBLISHED),
        button(_("All teams"), ActionId.PUBLISHED_TEAMS),
        button(_("Comments"), ActionId.PUBLISHED_COMMENTS),
    )
    return [
        header(_("Results")),
        context(escaped(title)),
        *numbers(page.results, page.language),
        actions(BlockId.HOME_RESULTS, *buttons),
    ]


def _promises(page: Page) -> list[Block]:
    _ = translator(page.language)
    if not page.promises:
        return []
    told_ = [section(promise_words(promise, page.language)) for promise in page.promises[:_PROMISES]]
    return [header(_("What was promised")), *told_]


def _preferences(page: Page) -> list[Block]:
    _ = translator(page.language)
    buttons = [button(_("Change my preferences"), ActionId.PREFERENCES)]
    if page.chosen.paused_until is not None:
        buttons.append(button(_("End the pause"), ActionId.PAUSE))
    return [
        header(_("Your preferences")),
        section("\n".join(told(page.chosen, page.language, page.campaign_hour))),
        actions(BlockId.HOME_PREFERENCES, *buttons),
    ]


def _stored(page: Page) -> list[Block]:
    _ = translator(page.language)
    blocks: list[Block] = [header(_("What is stored about you"))]
    if page.forgotten:
        blocks.append(
            section(
                _(
                    "Only a code without your name. You asked to be forgotten, and it keeps you from being invited "
                    "again."
                )
            )
        )
        blocks.append(actions(BlockId.HOME_STORED, button(_("Take part again"), ActionId.RETURN)))
        return blocks
    if page.rows:
        blocks.append(section(_("The ledger knows that you were asked, never what you answered. Literally:")))
        for row in page.rows[:_ROWS_AT_FIRST]:
            blocks += _literal(row)
    else:
        blocks.append(section(_("The ledger has no row that names you.")))
    blocks.append(
        section(
            _(
                "Your answers are stored somewhere else, without your name and without the time. One answer "
                "looks like this:"
            )
        )
    )
    blocks.append(section(f"```{_BALLOT}```"))
    blocks.append(
        actions(
            BlockId.HOME_STORED,
            button(_("Show all rows"), ActionId.STORED),
            button(
                _("Forget me"),
                ActionId.FORGET,
                style="danger",
                confirm=confirm(
                    _("Forget you?"),
                    _(
                        "Your answers of the open round are withdrawn and all rows that name you are removed. Answers "
                        "of closed rounds stay: nobody can find which are yours. You get no more questions."
                    ),
                    _("Forget me"),
                    _("Cancel"),
                ),
            ),
        )
    )
    return blocks


def _anonymity(language: Language) -> list[Block]:
    _ = translator(language)
    promises = [
        _(
            "*Your name is never stored next to your answer.* While a round is open, the bot alone can connect the "
            "two, so that you can change an answer and are counted once. When the round closes the key is destroyed, "
            "and nobody can restore the link: we cannot either."
        ),
        _(
            "*Nobody sees a score of fewer than {score} people*, or a distribution or a comment of fewer than "
            "{distribution}. It cannot be worked out by subtracting either."
        ).format(score=SCORE_FLOOR, distribution=DISTRIBUTION_FLOOR),
        _(
            "*Nothing is published while a round is open*, except the rounded share of the whole organisation that "
            "took part. Everyone sees what leaders see, on the same day."
        ),
        _("*Not answering has no consequences.* Leaders see which share took part, never who did not."),
        _("*You can see what is stored about you, and have it deleted.* Both are on this page."),
    ]
    openly = _(
        "In a small team someone who knows exactly who was away in which round can make a better than chance guess. "
        "That is why small teams are shown per three rounds, rounded to five."
    )
    return [
        header(_("What we promise you")),
        *(section(f"{n}. {words}") for n, words in enumerate(promises, start=1)),
        context(
            _(
                "Your answers are confidential while a round is open, and anonymous after the round has closed. The "
                "questions come to you as a message of this app."
            )
        ),
        context(openly),
    ]


def _more(page: Page) -> list[Block]:
    _ = translator(page.language)
    buttons = [
        button(_("Share a concern"), ActionId.CONCERN),
        button(_("I am no longer an AI buddy") if page.buddy else _("Become an AI buddy"), ActionId.BUDDY),
    ]
    if page.champion:
        buttons.append(button(_("For champions"), ActionId.ADMIN))
    return [DividerBlock(), actions(BlockId.HOME_MORE, *buttons)]


def _literal(row: StoredRow) -> list[Block]:
    """A row in a code block; escaped as Slack asks, which shows as the very bytes."""
    return [section(f"`{row.table}`\n```{piece}```") for piece in pieces(escaped(row.content), 8_700, 2_800)]
