"""The digest: what happened in the past weeks, in one short post."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.contracts.base import Language
from services.pulse_bot.announcements.book import Announcement
from services.pulse_bot.announcements.promises import Promise
from services.pulse_bot.announcements.releases import Released
from services.pulse_bot.locales import translator
from services.pulse_bot.messages.announcements import figure_words, other_language
from services.pulse_bot.messages.message import Message, message
from services.pulse_bot.messages.parts import context, header, isolated, section, within
from services.pulse_bot.messages.results import Results, numbers, promise_words

_EACH = 6
_BUDGET = 4_000


@dataclass(frozen=True)
class Digest:
    """What a digest tells. ``subject`` names it in the ledger."""

    subject: str
    results: Released | None
    announcements: Sequence[Announcement]
    promises: Sequence[Promise]

    @property
    def empty(self) -> bool:
        """Whether there is nothing to tell; then nothing is posted."""
        return self.results is None and not self.announcements and not self.promises


def digest_post(digest: Digest, language: Language) -> Message:
    """The post for the whole organisation."""
    _ = translator(language)
    title = _("What happened with AI here in the past weeks")
    blocks = [header(f":books: {title}")]
    if digest.results is not None:
        blocks.append(section(_("*Results of the last round*")))
        blocks += numbers(Results(digest.results), language)
    if digest.announcements:
        blocks.append(section(_("*Told*")))
        blocks += within((section(_told(a, language)) for a in digest.announcements[:_EACH]), _BUDGET)
    if digest.promises:
        blocks.append(section(_("*Promised*")))
        blocks += within((section(promise_words(p, language)) for p in digest.promises[:_EACH]), _BUDGET)
    blocks.append(context(_("Your own success or question? Type `/pulse success` or `/pulse concern`.")))
    return message(title, *blocks, other_language(digest.subject, language))


def _told(announcement: Announcement, language: Language) -> str:
    shown = announcement.shown or announcement.draft
    title = f"• {isolated(shown.title.in_language(language))}"
    return f"{title}\n   {figure_words(shown.figure, language)}" if shown.figure else title
