"""Who is in the workspace: people, groups and channels, read from one YAML file.

The file::

    team: {id: T0ZORG, name: Zorggroep De Linde}
    users:
      - {id: U0001, name: aisha, real_name: Aisha de Boer, tz: Europe/Amsterdam, locale: nl-NL}
    usergroups:
      - {id: S0001, handle: team-thuiszorg, users: [U0001]}
    channels:
      - {id: C0001, name: algemeen, members: [U0001]}

The bot's own user is added when no user has its id, and joins every channel when ``app.joins_channels`` is true.
"""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from sandbox.slack.wire import Json, WorkspaceStartError
from services.contracts import yaml_text

DEFAULT_SCOPES = (
    "chat:write",
    "im:write",
    "im:history",
    "im:read",
    "users:read",
    "commands",
    "usergroups:read",
    "channels:read",
    "groups:read",
    "reactions:read",
    "files:write",
)
"""The bot's scopes of the design, and ``im:read`` that Slack asks for to list direct messages."""

DEFAULT_COMMANDS = ("/pulse",)
"""What the app's manifest announces; Slack delivers no other."""


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Team(_Entry):
    """The workspace itself."""

    id: str = "T0DRAAGVLAK"
    name: str = "Draagvlak"
    domain: str = "draagvlak-sandbox"


class App(_Entry):
    """The installed app: its ids, what it may do, its slash commands and which events it listens to."""

    id: str = "A0DRAAGVLAK"
    bot_id: str = "B0DRAAGVLAK"
    user_id: str = "U0DRAAGVLAK"
    name: str = "draagvlak"
    real_name: str = "Draagvlak"
    scopes: tuple[str, ...] = DEFAULT_SCOPES
    commands: tuple[str, ...] = DEFAULT_COMMANDS
    events: tuple[str, ...] = ("app_home_opened", "reaction_added", "reaction_removed", "message.im")
    joins_channels: bool = True


class User(_Entry):
    """One member of the workspace, with the fields the bot's roster looks at."""

    id: str
    name: str
    real_name: str
    email: str | None = None
    title: str = ""
    tz: str = "Europe/Amsterdam"
    locale: str = "nl-NL"
    is_bot: bool = False
    is_admin: bool = False
    deleted: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False

    def as_slack(self, team: Team, *, with_locale: bool, with_email: bool) -> Json:
        """The user object of ``users.info``; the email only where ``users:read.email`` is granted."""
        profile: Json = {"real_name": self.real_name, "display_name": self.name, "title": self.title, "team": team.id}
        if with_email and self.email:
            profile["email"] = self.email
        zone = datetime.now(ZoneInfo(self.tz))
        offset = zone.utcoffset()
        user: Json = {
            "id": self.id,
            "team_id": team.id,
            "name": self.name,
            "deleted": self.deleted,
            "real_name": self.real_name,
            "tz": self.tz,
            "tz_label": zone.tzname() or self.tz,
            "tz_offset": int(offset.total_seconds()) if offset else 0,
            "profile": profile,
            "is_admin": self.is_admin,
            "is_owner": False,
            "is_primary_owner": False,
            "is_restricted": self.is_restricted,
            "is_ultra_restricted": self.is_ultra_restricted,
            "is_bot": self.is_bot,
            "is_app_user": False,
            "updated": 0,
        }
        if with_locale:
            user["locale"] = self.locale
        return user


class Usergroup(_Entry):
    """A user group; the bot may take a team's roster from it."""

    id: str
    handle: str
    name: str = ""
    users: tuple[str, ...] = ()
    disabled: bool = False


class Channel(_Entry):
    """A public or private channel with its members."""

    id: str
    name: str
    members: tuple[str, ...] = ()
    is_private: bool = False


class Directory(_Entry):
    """The whole workspace; ids are unique and every member mentioned exists."""

    team: Team = Team()
    app: App = App()
    users: tuple[User, ...] = ()
    usergroups: tuple[Usergroup, ...] = ()
    channels: tuple[Channel, ...] = ()

    @cached_property
    def user_by_id(self) -> dict[str, User]:
        """Every user, the bot included, by id."""
        return {user.id: user for user in self.users}

    @cached_property
    def channel_by_id(self) -> dict[str, Channel]:
        """Every channel by id."""
        return {channel.id: channel for channel in self.channels}

    @model_validator(mode="after")
    def _complete(self) -> Self:
        app = self.app
        users = self.users
        if all(user.id != app.user_id for user in users):
            bot = User(id=app.user_id, name=app.name, real_name=app.real_name, is_bot=True, tz="UTC", locale="en-US")
            users = (*users, bot)
        by_id = {user.id: user for user in users}
        if len(by_id) != len(users):
            raise ValueError("two users have the same id")
        for group in self.usergroups:
            _all_known(f"user group {group.handle}", group.users, by_id)
        for channel in self.channels:
            _all_known(f"channel {channel.name}", channel.members, by_id)
        channels = self.channels
        if app.joins_channels:
            channels = tuple(
                channel
                if app.user_id in channel.members
                else channel.model_copy(update={"members": (*channel.members, app.user_id)})
                for channel in channels
            )
        object.__setattr__(self, "users", users)
        object.__setattr__(self, "channels", channels)
        return self

    @classmethod
    def read(cls, path: Path) -> Directory:
        """Reads the YAML file; raises :class:`WorkspaceStartError` with file, field and reason."""
        try:
            content = yaml_text.load(path.read_text(encoding="utf-8"))
            return cls.model_validate(content)
        except OSError as error:
            raise WorkspaceStartError(
                f"The directory of the workspace cannot be read from {path}: {error.strerror}. "
                f"Name an existing file in DRAAGVLAK_SANDBOX_DIRECTORY."
            ) from error
        except yaml.YAMLError as error:
            raise WorkspaceStartError(f"{path} is no valid YAML: {error}. Mend the file.") from error
        except ValidationError as error:
            faults = "; ".join(
                f"{'.'.join(str(part) for part in fault['loc']) or 'whole file'}: {fault['msg']}"
                for fault in error.errors()
            )
            raise WorkspaceStartError(f"{path}: {faults}. Mend the file.") from error


def _all_known(where: str, members: tuple[str, ...], known: dict[str, User]) -> None:
    unknown = [member for member in members if member not in known]
    if unknown:
        raise ValueError(f"{where} names users that do not exist: {', '.join(unknown)}")
