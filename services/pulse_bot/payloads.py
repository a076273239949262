"""The parts of Slack's payloads that the bot reads, checked before anything else looks at them."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from services.contracts.base import Language
from services.pulse_bot.answers.values import Person
from services.pulse_bot.locales import known
from services.pulse_bot.messages.ids import Field as FieldId
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


class _SelectedOption(_Part):
    value: Annotated[str, StringConstraints(max_length=150)]


class _Held(_Part):
    """What an input of a view holds; each kind of element fills other fields."""

    value: str | None = None
    selected_option: _SelectedOption | None = None
    selected_options: tuple[_SelectedOption, ...] = ()
    selected_date: str | None = None
    selected_users: tuple[_Id, ...] = ()


class _State(_Part):
    values: dict[str, dict[str, _Held]] = Field(default_factory=dict)


class _View(_Part):
    id: _Id
    type: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    callback_id: Annotated[str, StringConstraints(max_length=255)] = ""
    private_metadata: Annotated[str, StringConstraints(max_length=3000)] = ""
    state: _State = _State()


class _Who(_Part):
    user: _User
    team: _Organisation | None = None
    enterprise: _Organisation | None = None
    is_enterprise_install: bool = False
    trigger_id: str = ""

    @property
    def person(self) -> Person:
        """Who did it, keyed by the enterprise of an organisation-wide installation, else by the team."""
        organisation = self.enterprise if self.is_enterprise_install else self.team
        return Person(organisation.id if organisation else "", self.user.id)


class ViewSubmission(_Who):
    """A modal that was sent."""

    type: Literal["view_submission"]
    view: _View

    @property
    def about(self) -> str:
        """What the modal was about, as it was opened."""
        return self.view.private_metadata

    def text(self, field: str) -> str:
        """What was typed, without white space around it; empty where nothing was."""
        return (self._held(field).value or "").strip()

    def choice(self, field: str) -> str:
        """The value of the option that was chosen; empty where none was."""
        chosen = self._held(field).selected_option
        return chosen.value if chosen else ""

    def choices(self, field: str) -> tuple[str, ...]:
        """The values of all options that were chosen."""
        return tuple(chosen.value for chosen in self._held(field).selected_options)

    def day(self, field: str) -> date | None:
        """The day that was picked."""
        try:
            return date.fromisoformat(self._held(field).selected_date or "")
        except ValueError:
            return None

    def users(self, field: str) -> tuple[str, ...]:
        """The members that were picked."""
        return self._held(field).selected_users

    def _held(self, field: str) -> _Held:
        return self.view.state.values.get(field, {}).get(field, _Held())


class SlashCommand(_Part):
    """``/pulse`` with what was typed behind it."""

    user_id: _Id
    team_id: _Id
    enterprise_id: str = ""
    is_enterprise_install: str = "false"
    trigger_id: str = ""
    text: Annotated[str, StringConstraints(max_length=4000)] = ""
    channel_id: str = ""

    @property
    def person(self) -> Person:
        """Who typed it."""
        organisation = self.enterprise_id if self.is_enterprise_install == "true" else self.team_id
        return Person(organisation, self.user_id)


class _Channel(_Part):
    id: _Id


class BlockActions(_Who):
    """A click on an element of a message or view."""

    type: Literal["block_actions"]
    response_url: str | None = None
    channel: _Channel | None = None
    actions: tuple[_Action, ...] = Field(min_length=1)


E = TypeVar("E", bound=StrEnum)
P = TypeVar("P", bound=_Part)


def one_of(kind: type[E], submission: ViewSubmission, field: str) -> E:
    """The option that was chosen, as one of a closed set. Raises Malformed for what no modal of ours offers."""
    try:
        return kind(submission.choice(field))
    except ValueError:
        raise Malformed(f"view.{field}") from None


def language_in(submission: ViewSubmission) -> Language:
    """The language that was chosen. Raises Malformed for one that no modal of ours offers."""
    language = known(submission.choice(FieldId.LANGUAGE))
    if language is None:
        raise Malformed(f"view.{FieldId.LANGUAGE}")
    return language


def parse_click(body: Json) -> BlockActions:
    """The click in a payload. Raises Malformed."""
    return _parse(BlockActions, body)


def parse_submission(body: Json) -> ViewSubmission:
    """The sent modal in a payload. Raises Malformed."""
    return _parse(ViewSubmission, body)


def parse_command(body: Json) -> SlashCommand:
    """The slash command in a form. Raises Malformed."""
    return _parse(SlashCommand, body)


def _parse(model: type[P], body: Json) -> P:
    try:
        return model.model_validate(body)
    except ValidationError as error:
        fields = ", ".join(".".join(map(str, fault["loc"])) for fault in error.errors(include_input=False))
        raise Malformed(f"{model.__name__}: {fields}") from None


def check(body: object) -> Json:
    """The body as the object that it has to be, its click checked. Raises Malformed."""
    if not isinstance(body, dict) or not body:
        raise Malformed("not an object")
    kind = body.get("type")
    if kind == "block_actions":
        parse_click(body)
    elif kind == "view_submission":
        parse_submission(body)
    elif kind == "event_callback":
        event = body.get("event")
        if not isinstance(event, dict) or not isinstance(event.get("type"), str):
            raise Malformed("event_callback: event")
    elif not isinstance(kind, str) and (kind is not None or not {"command", "ssl_check"} & body.keys()):
        raise Malformed("type")
    return body
