"""The parts of Slack's payloads that the bot reads, checked before anything else looks at them."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from services.pulse_bot.answers.values import Person
from services.pulse_bot.messages.message import Json

_Id = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class Malformed(ValueError):
    """A signed request that is not what Slack documents; its text holds no value of the request."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class _Organisation(_Part):
    id: _Id


class _User(_Part):
    id: _Id


class _Action(_Part):
    action_id: Annotated[str, StringConstraints(max_length=255)]
    value: Annotated[str, StringConstraints(max_length=2000)] = ""


class BlockActions(_Part):
    """A click on an element of a message or view."""

    type: Literal["block_actions"]
    user: _User
    team: _Organisation | None = None
    enterprise: _Organisation | None = None
    is_enterprise_install: bool = False
    response_url: str | None = None
    actions: tuple[_Action, ...] = Field(min_length=1)

    @property
    def person(self) -> Person:
        """Who clicked, keyed by the enterprise of an organisation-wide installation, else by the team."""
        organisation = self.enterprise if self.is_enterprise_install else self.team
        return Person(organisation.id if organisation else "", self.user.id)


def parse_click(body: Json) -> BlockActions:
    """The click in a payload. Raises Malformed."""
    try:
        return BlockActions.model_validate(body)
    except ValidationError as error:
        fields = ", ".join(".".join(map(str, fault["loc"])) for fault in error.errors(include_input=False))
        raise Malformed(f"block_actions: {fields}") from None


def check(body: object) -> Json:
    """The body as the object that it has to be, its click checked. Raises Malformed."""
    if not isinstance(body, dict) or not body:
        raise Malformed("not an object")
    kind = body.get("type")
    if kind == "block_actions":
        parse_click(body)
    elif kind == "event_callback":
        event = body.get("event")
        if not isinstance(event, dict) or not isinstance(event.get("type"), str):
            raise Malformed("event_callback: event")
    elif not isinstance(kind, str) and (kind is not None or not {"command", "ssl_check"} & body.keys()):
        raise Malformed("type")
    return body
