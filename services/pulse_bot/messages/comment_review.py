"""The review of comments before their release: ten a page, each can be withheld, then one question at the end."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from slack_sdk.models.blocks import Block, CheckboxesElement, StaticSelectElement

from services.contracts.base import Language
from services.contracts.survey import OPEN_QUESTIONS
from services.pulse_bot.announcements.reviews import CommentsReview, Decision
from services.pulse_bot.locales import translator
from services.pulse_bot.messages.comments import question_text
from services.pulse_bot.messages.ids import CallbackId, Field, withheld_field
from services.pulse_bot.messages.message import Json, Message, message
from services.pulse_bot.messages.parts import (
    Dialog,
    asks,
    context,
    isolated,
    modal,
    option,
    picked,
    quotation,
    section,
)

PAGE: Final = 10
"""Comments a page: as many as Slack takes options in one group of checkboxes."""
_WORDS: Final = 11_000
"""Characters of one comment after escaping: all of the longest there can be."""
_ROUNDS: Final = 100


@dataclass(frozen=True)
class Page:
    """One page of a review: the comments from place ``start`` on. ``title``: of the round, in the reader's language."""

    review: CommentsReview
    title: str
    start: int
    about: str


def choose_modal(rounds: Sequence[tuple[str, str]], language: Language) -> Json:
    """Which round (id, title), where comments of more than one wait."""
    _ = translator(language)
    options = [option(title, wave_id) for wave_id, title in rounds[:_ROUNDS]]
    return modal(
        Dialog(CallbackId.REVIEW_CHOOSE, _("Review comments"), _("Next"), _("Cancel")),
        asks(
            Field.ROUND,
            _("Comments of which round?"),
            StaticSelectElement(action_id=Field.ROUND, options=options, initial_option=options[0]),
        ),
    )


def page_modal(page: Page, language: Language) -> Json:
    """Ten comments, and which of them are withheld."""
    _ = translator(language)
    shown = page.review.comments[page.start : page.start + PAGE]
    pages = -(-len(page.review.comments) // PAGE)
    where = _("*{title}*: page {page} of {pages}. Without a tick, a comment is published for all who see the results.")
    blocks: list[Block] = [
        section(where.format(title=isolated(page.title), page=page.start // PAGE + 1, pages=pages)),
        context(_("Look for words that say who wrote it or whom it is about. Whether you agree does not matter.")),
    ]
    options, withheld = [], []
    for number, comment in enumerate(shown, page.start + 1):
        heading = _("*Comment {number}* on: {question}")
        blocks.append(section(heading.format(number=number, question=_question(comment.question, language))))
        blocks += quotation(comment.text, _WORDS)
        options.append(option(_("Comment {number}").format(number=number), comment.id))
        if comment.decision is Decision.WITHHOLD:
            withheld.append(comment.id)
    field = withheld_field(shown[0].id)
    boxes = CheckboxesElement(action_id=field, options=options, initial_options=picked(options, *withheld))
    blocks.append(asks(field, _("Do not show:"), boxes, optional=True))
    return modal(Dialog(CallbackId.REVIEW_PAGE, _("Review comments"), _("Next"), _("Later"), page.about), *blocks)


def sum_up_modal(review: CommentsReview, title: str, about: str, language: Language, *, changed: bool = False) -> Json:
    """The question before they go out, or why they do not. ``changed``: by another champion, meanwhile."""
    _ = translator(language)
    withheld = len(review.comments) - review.shown
    counted = _("*{title}*: {shown} comments are shown, {withheld} are not.")
    blocks = [section(counted.format(title=isolated(title), shown=review.shown, withheld=withheld))]
    if changed:
        blocks.insert(
            0, section(_("Another champion has decided something meanwhile. Please look at the numbers again."))
        )
    if review.shown < review.floor:
        few = _(
            "Fewer than {floor} are left, so none are shown: people could be recognised. That is fine, and "
            "you need to do nothing. If you withheld one too many, look at them again from the menu."
        )
        frame = Dialog(CallbackId.REVIEW_RELEASE, _("Review comments"), None, _("Close"), about)
        return modal(frame, *blocks, section(few.format(floor=review.floor)))
    sure = _("They are published all at once, and *this cannot be undone*. Release them?")
    frame = Dialog(CallbackId.REVIEW_RELEASE, _("Review comments"), _("Release"), _("Not yet"), about)
    return modal(frame, *blocks, section(sure))


def end_modal(words: str, language: Language) -> Json:
    """Nothing more to do in this modal."""
    _ = translator(language)
    return modal(Dialog(CallbackId.REVIEW_RELEASE, _("Review comments"), None, _("Close")), section(words))


def released(language: Language) -> str:
    """They are out."""
    _ = translator(language)
    return _(":white_check_mark: The comments are released. Thank you for reading them all.")


def changed(language: Language) -> str:
    """The review is not what it was when the modal was opened."""
    _ = translator(language)
    return _("These comments cannot be reviewed any more, or have changed. Please begin again from the menu.")


def away(language: Language) -> str:
    """The review does not answer."""
    _ = translator(language)
    return _("The comments cannot be reached now. What you decided before is kept. Please try again in a minute.")


def none_wait(language: Language) -> str:
    """Nothing to review."""
    _ = translator(language)
    return _("No comments wait for you. Where a round has fewer than ten, none is ever shown, not to you either.")


def line(words: str) -> Message:
    """One of these lines as a message."""
    return message(words, section(words))


def _question(question: str, language: Language) -> str:
    return question_text(question, language) if question in OPEN_QUESTIONS else isolated(question)
