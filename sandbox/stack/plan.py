"""Which processes the sandbox has, with what settings: the services as everywhere else, and the sandbox's own three."""

import sys
from collections.abc import Callable
from typing import Final

from sandbox.broker.command import command
from sandbox.broker.readiness import metadata_answers
from sandbox.processes.ports import LOOPBACK
from sandbox.processes.readiness import http_answers
from sandbox.stack.ports import Ports, url
from sandbox.stack.process import ProcessSpec
from sandbox.stack.secret_files import Caller, Role, SecretFiles
from sandbox.stack.state import StateFolder
from services.contracts import yaml_text

STAGE: Final = "stage"
"""What the processes need that read the organisation's files: the chore that writes them."""

FOR_ANSWERS: Final = ("ingest", "bot")
"""What has to be ready for an answer to be stored; what reads the answers starts after it."""

_SESSION_TIMEOUT_MS: Final = 3_000
"""The broker lets a group wait for half of this when a consumer joins: short, or a demo starts slowly."""

_INGEST_GRACE: Final = 30.0
"""Ingest may take 25 s to flush and commit."""


def draagvlak(*arguments: str) -> tuple[str, ...]:
    """A command of ours, with this installation's Python."""
    return (sys.executable, "-m", "services.command_line", *arguments)


def processes(
    ports: Ports, state: StateFolder, secrets: SecretFiles, approved: Callable[[], int] | None = None
) -> tuple[ProcessSpec, ...]:
    """The processes in the order in which they are started; stopped in reverse.

    ``approved``: gives how many waves the first champion has approved at the start, asked for when the stage is set;
    all unless given.

    The bot comes last and so ends first: nothing new is sent while ingest stores what is left. The broker's program is
    run as it is, without a Python of ours around it, which saves most of a second. Raises BrokerMissing.
    """
    common = {"DRAAGVLAK_STATE": str(state.path)}
    kafka = {
        "DRAAGVLAK_KAFKA_BOOTSTRAP": f"{LOOPBACK}:{ports.broker}",
        "DRAAGVLAK_KAFKA_SESSION_TIMEOUT_MS": str(_SESSION_TIMEOUT_MS),
    }
    clock = {
        "DRAAGVLAK_CLOCK_URL": url(ports.workspace, "/clock"),
        "DRAAGVLAK_CLOCK_TOKEN_FILE": str(secrets.token(Caller.CLOCK)),
    }
    tokens = {"DRAAGVLAK_TOKENS_FILE": str(secrets.tokens)}

    def clickhouse(role: Role) -> dict[str, str]:
        return {
            "DRAAGVLAK_CLICKHOUSE_HOST": LOOPBACK,
            "DRAAGVLAK_CLICKHOUSE_PORT": str(ports.store),
            "DRAAGVLAK_CLICKHOUSE_USER": role.value,
            "DRAAGVLAK_CLICKHOUSE_PASSWORD_FILE": str(secrets.password(role)),
        }

    return (
        ProcessSpec(
            "broker",
            tuple(command(ports.broker)),
            common,
            metadata_answers(f"{LOOPBACK}:{ports.broker}"),
        ),
        ProcessSpec(
            "store",
            draagvlak("sandbox", "store"),
            common
            | {
                "DRAAGVLAK_STORE_PORT": str(ports.store),
                "DRAAGVLAK_STORE_FOLDER": str(state.store),
                "DRAAGVLAK_STORE_USERS_FILE": str(secrets.store_users),
            },
            http_answers(url(ports.store, "/ping")),
            grace_seconds=_INGEST_GRACE,
        ),
        ProcessSpec(
            "workspace",
            draagvlak("sandbox", "workspace"),
            common
            | {
                "DRAAGVLAK_SANDBOX_PORT": str(ports.workspace),
                "DRAAGVLAK_SANDBOX_STATE": str(state.workspace),
                "DRAAGVLAK_SANDBOX_DIRECTORY": str(state.directory_file),
                "DRAAGVLAK_SANDBOX_BOT_TOKEN_FILE": str(secrets.bot_token),
                "DRAAGVLAK_SANDBOX_SIGNING_SECRET_FILE": str(secrets.signing_secret),
                "DRAAGVLAK_SANDBOX_ACCESS_KEY_FILE": str(secrets.access_key),
                "DRAAGVLAK_SANDBOX_CLOCK_TOKENS_FILE": str(secrets.tokens),
                "DRAAGVLAK_SANDBOX_METRICS_URL": url(ports.metrics),
                "DRAAGVLAK_SANDBOX_METRICS_TOKEN_FILE": str(secrets.token(Caller.VISITOR)),
                "DRAAGVLAK_SANDBOX_BOT_EVENTS_URL": url(ports.bot, "/slack/events"),
                "DRAAGVLAK_SANDBOX_RATE_SCALE": "0",
            },
            http_answers(url(ports.workspace, "/healthz")),
            needs=(STAGE,),
        ),
        ProcessSpec("migrate", draagvlak("migrate", "apply"), common | clickhouse(Role.ADMIN), needs=("store",)),
        ProcessSpec(
            "topics", draagvlak("topics", "apply"), common | kafka | clickhouse(Role.INGEST), needs=("broker",)
        ),
        ProcessSpec(
            "ingest",
            draagvlak("ingest"),
            common
            | kafka
            | clickhouse(Role.INGEST)
            | clock
            | tokens
            | {"DRAAGVLAK_INGEST_PORT": str(ports.ingest), "DRAAGVLAK_INGEST_FLUSH_SECONDS": "0.5"},
            http_answers(url(ports.ingest, "/healthz/ready")),
            needs=("topics",),  # it waits for the tables by itself, and has its imports behind it by then
            grace_seconds=_INGEST_GRACE,
        ),
        ProcessSpec(
            "metrics",
            draagvlak("metrics"),
            common | clickhouse(Role.METRICS) | clock | tokens | {"DRAAGVLAK_METRICS_PORT": str(ports.metrics)},
            http_answers(url(ports.metrics, "/healthz/ready")),
            needs=("migrate",),
            after=FOR_ANSWERS,
        ),
        ProcessSpec(
            "release",
            draagvlak("release", "watch"),
            common | clickhouse(Role.RELEASE) | clock | tokens | {"DRAAGVLAK_RELEASE_PORT": str(ports.release)},
            http_answers(url(ports.release, "/healthz/ready")),
            needs=("migrate", "workspace"),
            after=FOR_ANSWERS,
        ),
        ProcessSpec(
            "waves",
            lambda: draagvlak(
                "waves",
                "plan",
                "--approve",
                "--by",
                _champion(state),
                *(("--first", str(approved())) if approved else ()),
            ),
            common | {"DRAAGVLAK_CAMPAIGN_FILE": str(state.campaign_file)},
            needs=(STAGE,),
        ),
        ProcessSpec(
            "bot",
            draagvlak("bot"),
            common
            | kafka
            | clock
            | {
                "DRAAGVLAK_BOT_PORT": str(ports.bot),
                "DRAAGVLAK_SLACK_API_URL": url(ports.workspace, "/api/"),
                "DRAAGVLAK_SLACK_SIGNING_SECRET_FILE": str(secrets.signing_secret),
                "DRAAGVLAK_SLACK_BOT_TOKEN_FILE": str(secrets.bot_token),
                "DRAAGVLAK_ROSTER_FILE": str(state.roster_file),
                "DRAAGVLAK_CAMPAIGN_FILE": str(state.campaign_file),
                "DRAAGVLAK_METRICS_URL": url(ports.metrics),
                "DRAAGVLAK_METRICS_TOKEN_FILE": str(secrets.token(Caller.BOT)),
                "DRAAGVLAK_REVIEW_URL": url(ports.release),
                "DRAAGVLAK_REVIEW_TOKEN_FILE": str(secrets.token(Caller.REVIEW)),
                "DRAAGVLAK_TICK_SECONDS": "0.5",
                "DRAAGVLAK_SEND_PER_MINUTE": "0",
            },
            http_answers(url(ports.bot, "/healthz/ready")),
            needs=("topics", "waves", "workspace"),
            after=("migrate",),
        ),
    )


def _champion(state: StateFolder) -> str:
    """The first champion of the campaign: approves its waves, as somebody must."""
    campaign = yaml_text.load(state.campaign_file.read_text(encoding="utf-8"))
    return str(campaign["champions"][0])
