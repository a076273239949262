"""App Home: what the bot promises, and how it keeps it."""

from slack_sdk.models.blocks import Block, ContextBlock, HeaderBlock, MarkdownTextObject, PlainTextObject, SectionBlock

from services.contracts.base import Language
from services.contracts.floors import DISTRIBUTION_FLOOR, SCORE_FLOOR
from services.pulse_bot.locales import translator
from services.pulse_bot.messages.message import Json


def home(language: Language) -> Json:
    """The view of App Home."""
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
        _("*You can see what is stored about you, and have it deleted.* Ask the people who run this programme."),
    ]
    blocks: list[Block] = [
        HeaderBlock(text=PlainTextObject(text=_("What we promise you"))),
        *(SectionBlock(text=MarkdownTextObject(text=f"{n}. {words}")) for n, words in enumerate(promises, start=1)),
        ContextBlock(
            elements=[
                MarkdownTextObject(
                    text=_(
                        "Your answers are confidential while a round is open, and anonymous after the round has "
                        "closed. The questions come to you as a message of this app."
                    )
                )
            ]
        ),
    ]
    return {"type": "home", "blocks": [block.to_dict() for block in blocks]}


def command_help(language: Language) -> str:
    """What ``/pulse`` answers."""
    _ = translator(language)
    return _(
        "I send you a few short questions about AI in your work every now and then. You answer them here, in your "
        "messages with this app. How your answers are kept stands in the Home tab of this app."
    )
