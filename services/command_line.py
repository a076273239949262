"""The one command line, ``draagvlak``: mounts the commands of every service; none is imported before it is called.

Exit codes: 0 done, 1 failed, 2 wrong use or wrong settings.
"""

import sys
from typing import Any, Final

import typer
from rich.console import Console

from services.contracts.faults import FileFaults
from services.runtime.lazy_commands import Commands, lazy
from services.runtime.ports import PortTaken
from services.runtime.setting_names import unknown
from services.runtime.settings import SettingsFault

COMMANDS: Final[Commands] = {
    "demo": ("sandbox.commands.demo:demo", "Play the product on this machine: everything embedded, Slack emulated."),
    "bot": ("services.pulse_bot.commands.bot:bot", "Run the Slack bot."),
    "waves": ("services.pulse_bot.commands.waves:waves", "Plan, tick and close waves."),
    "slack": ("services.pulse_bot.commands.slack:slack", "Install the app in Slack."),
    "roster": ("services.pulse_bot.commands.roster:roster", "Who belongs where, and which teams are shown."),
    "forget": (
        "services.pulse_bot.commands.forget:forget",
        "Forget a person: withdraw open ballots, remove every row.",
    ),
    "ingest": ("services.ingest.commands.consuming:ingest", "Run the consumer from Kafka into ClickHouse."),
    "migrate": ("services.ingest.commands.schema:migrate", "Create and change the tables of ClickHouse."),
    "topics": ("services.ingest.commands.topics:topics", "Create the topics of Kafka."),
    "dead-letters": (
        "services.ingest.commands.dead_letters:dead_letters",
        "Records that could not be understood: list, show, replay.",
    ),
    "retention": ("services.ingest.commands.retention:retention", "Erase ballots and comments whose time is over."),
    "backup": (
        "services.backup_command:backup",
        "Back up and restore: what was released, and the ledger without keys.",
    ),
    "import": ("services.ingest.commands.importing:import_survey", "Take in an existing survey as a wave."),
    "metrics": ("services.metrics.cli:metrics", "Run the metrics API."),
    "release": ("services.metrics.cli:release", "Publish closed waves, safely and once."),
    "secrets": ("services.runtime.secrets_cli:secrets", "Make the passwords, keys and tokens of an installation."),
    "doctor": ("services.doctor:doctor", "Say what is right, what is wrong, and how it is mended."),
    "grafana": ("grafana.cli:grafana", "Build, preview, verify and publish the dashboards."),
    "sandbox": ("sandbox.commands.sandbox:sandbox", "Run one process of the sandbox."),
}

_LOGGING: Final = frozenset({"bot", "doctor", "forget", "ingest", "metrics", "release", "roster", "waves"})
"""Commands that tell by themselves of variables that nothing reads; before the others it is said in plain lines."""


_SANDBOX: Final = frozenset({"sandbox", "chdb", "psutil", "multipart"})
"""What an installation without the sandbox lacks."""


class _Parts(lazy(COMMANDS)):  # type: ignore[misc]
    """The commands of every part, with a plain message where its part is not installed."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command, imported now. Raises SettingsFault."""
        try:
            return super().resolve_command(ctx, args)
        except ModuleNotFoundError as error:
            if (error.name or "").split(".")[0] in _SANDBOX:
                raise SettingsFault("the sandbox is not part of this installation") from None
            raise


application = typer.Typer(
    cls=_Parts,
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
