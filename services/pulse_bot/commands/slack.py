"""``draagvlak slack``: what an administrator needs to install the app."""

from typing import Annotated

import typer
import yaml
from babel import Locale, UnknownLocaleError

from services.contracts.base import Language
from services.contracts.files import load_items
from services.pulse_bot.locales.template import template
from services.pulse_bot.manifest import Mode, manifest
from services.pulse_bot.settings import LedgerSettings
from services.runtime.settings import load

slack = typer.Typer(no_args_is_help=True, add_completion=False, help="Install the app in Slack.")


@slack.callback()
def _root() -> None:
    """The group itself does nothing."""


@slack.command("manifest")
def show_manifest(
    mode: Annotated[Mode, typer.Option("--mode", help="How Slack reaches the bot")] = Mode.HTTP,
    url: Annotated[str | None, typer.Option("--url", help="The bot's public https address; HTTP mode only")] = None,
) -> None:
    """Print the app's manifest; paste it at api.slack.com/apps under "Create New App", "From a manifest"."""
    try:
        content = manifest(mode, url)
    except ValueError as fault:
        raise typer.BadParameter(str(fault), param_hint="--url") from None
    typer.echo(yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=110), nl=False)


@slack.command("catalogue")
def show_catalogue(code: Annotated[str, typer.Argument(metavar="LANGUAGE", help="Its code of ISO 639-1: fr")]) -> None:
    """Print the catalogue of a language to translate, of the bot and of the survey; what is translated is kept."""
    try:
        language = Language(code)
        Locale.parse(language)
    except (ValueError, UnknownLocaleError) as fault:
        raise typer.BadParameter(str(fault), param_hint="LANGUAGE") from None
    typer.echo(template(language, load_items(load(LedgerSettings).items_file)), nl=False)
