"""The buttons of a champion's menu."""

from slack_sdk.models.blocks import (
    ButtonElement,
    ConfirmObject,
)

from services.pulse_bot.messages.ids import AdminVerb, admin_action


def verb_button(
    text: str, verb: AdminVerb, value: str = "-", *, style: str | None = None, sure: ConfirmObject | None = None
) -> ButtonElement:
    """A button that does ``verb``, maybe after the question ``sure``."""
    return ButtonElement(text=text, action_id=admin_action(verb), value=value, style=style, confirm=sure)
