"""The kinds of messages, which the ledger keeps and buttons carry."""

from enum import StrEnum


class MessageKind(StrEnum):
    """The messages of a wave: the two that people get, and what a champion looks at before."""

    INVITATION = "invitation"
    REMINDER = "reminder"
    PREVIEW = "preview"


SENT_KINDS = (MessageKind.INVITATION, MessageKind.REMINDER)
"""What the tick sends."""
