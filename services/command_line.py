"""The one command line, ``draagvlak``: mounts the commands of every service; none is imported before it is called.

Exit codes: 0 done, 1 failed, 2 wrong use or wrong settings.
"""

import importlib
import sys
from collections.abc import Mapping
from typing import Any, Final

import typer
from rich.console import Console
from typer.core import TyperGroup
from typer.main import get_command

from services.contracts.files import FileFaults
from services.runtime.ports import PortTaken
from services.runtime.setting_names import unknown
from services.runtime.settings import SettingsFault

COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "demo": ("sandbox.cli:demo", "Play the product on this machine: everything embedded, Slack emulated."),
    "bot": ("services.pulse_bot.cli:bot", "Run the Slack bot."),
    "waves": ("services.pulse_bot.cli:waves", "Plan, tick and close waves."),
    "slack": ("services.pulse_bot.slack_cli:slack", "Install the app in Slack."),
    "roster": ("services.pulse_bot.roster.cli:roster", "Who belongs where, and which teams are shown."),
    "forget": ("services.pulse_bot.forget_cli:forget", "Forget a person: withdraw open ballots, remove every row."),
    "ingest": ("services.ingest.cli:ingest", "Run the consumer from Kafka into ClickHouse."),
    "migrate": ("services.ingest.cli:migrate", "Create and change the tables of ClickHouse."),
    "topics": ("services.ingest.cli:topics", "Create the topics of Kafka."),
    "dead-letters": ("services.ingest.cli:dead_letters", "Records that could not be understood: list, show, replay."),
    "retention": ("services.ingest.cli:retention", "Erase ballots and comments whose time is over."),
    "backup": (
        "services.backup_command:backup",
        "Back up and restore: what was released, and the ledger without keys.",
    ),
    "import": ("services.ingest.cli:import_survey", "Take in an existing survey as a wave."),
    "metrics": ("services.metrics.cli:metrics", "Run the metrics API."),
    "release": ("services.metrics.cli:release", "Publish closed waves, safely and once."),
    "secrets": ("services.runtime.secrets_cli:secrets", "Make the passwords, keys and tokens of an installation."),
    "doctor": ("services.doctor:doctor", "Say what is right, what is wrong, and how it is mended."),
    "grafana": ("grafana.cli:grafana", "Build, preview, verify and publish the dashboards."),
    "sandbox": ("sandbox.cli:sandbox", "Run one process of the sandbox."),
}
"""Command -> (``module:application``, help). """


_LOGGING: Final = frozenset({"bot", "doctor", "forget", "ingest", "metrics", "release", "roster", "waves"})
"""Commands that tell by themselves of variables that nothing reads; before the others it is said in plain lines."""


class LazyCommands(TyperGroup):
    """A group that imports a service only when one of its commands is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        """The names of all commands that this installation can have."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command, imported now; a plain message where its part is not installed."""
        if cmd_name not in COMMANDS:
            return None
        target, text = COMMANDS[cmd_name]
        if ctx.resilient_parsing or cmd_name not in sys.argv:
            return _placeholder(cmd_name, text)
        module, _, attribute = target.partition(":")
        try:
            command: Any = get_command(getattr(importlib.import_module(module), attribute))
        except ModuleNotFoundError as error:
            if (error.name or "").split(".")[0] in {"sandbox", "chdb", "psutil", "multipart"}:
                raise SettingsFault("the sandbox is not part of this installation") from None
            raise
        command.name, command.help = cmd_name, command.help or text
        return command


def _placeholder(name: str, text: str) -> Any:
    """Stands for a command in the list of commands, so that listing imports nothing."""
    listed = typer.Typer()
    listed.command(name=name, help=text)(lambda: None)
    return get_command(listed)


application = typer.Typer(
    cls=LazyCommands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Measures and lowers resistance to AI at work, without ever showing who said what.",
)


@application.callback()
def _root() -> None:
    """The group itself does nothing."""


def main() -> None:
    """The entry point; turns expected faults into one clear message and an exit code."""
    if not _LOGGING.intersection(sys.argv[1:2]):
        for sentence in unknown():
            Console(stderr=True, highlight=False).print(f"note: {sentence}", markup=False, soft_wrap=True)
    try:
        application(prog_name="draagvlak")
    except (SettingsFault, FileFaults) as fault:
        Console(stderr=True, highlight=False).print(str(fault), markup=False, soft_wrap=True)
        sys.exit(2)
    except PortTaken as fault:
        Console(stderr=True, highlight=False).print(str(fault), markup=False, soft_wrap=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
