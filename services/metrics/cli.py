"""The commands of metrics: the API, and the release."""

from typing import Annotated, NoReturn

import typer
from clickhouse_connect.driver.exceptions import ClickHouseError
from rich.console import Console

from services.runtime import logs, serving, telemetry
from services.runtime.causes.clickhouse import why
from services.runtime.causes.obstacle import Obstacle
from services.runtime.clickhouse import migrated_client as connect
from services.runtime.clock import campaign_clock
from services.runtime.metric_names.kinds import Service
from services.runtime.settings import load
from services.runtime.tokens import TokenFile
from services.runtime.tracing import starting as tracing

_out = Console(highlight=False, soft_wrap=True, markup=False)
_err = Console(stderr=True, highlight=False, soft_wrap=True, markup=False)

metrics = typer.Typer(add_completion=False)
release = typer.Typer(add_completion=False)


def _failed(sentence: str) -> NoReturn:
    _err.print(sentence)
    raise typer.Exit(1)


@metrics.command()
def _metrics() -> None:
    """Run the metrics API."""
    from services.metrics.routes.service import serve  # noqa: PLC0415 - FastAPI, only where it is needed
    from services.metrics.settings import MetricsSettings  # noqa: PLC0415

    settings = load(MetricsSettings)
    logs.configure(settings, "metrics")
    telemetry.expose(settings, Service.METRICS)
    tracing.configure(settings, Service.METRICS)
    serve(settings)


@release.command()
def _release(
    wave: Annotated[
        str, typer.Argument(metavar="WAVE|watch", help="A closed wave; or `watch`: release each as it closes.")
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Tell how many nodes would be shown and hidden; release nothing.")
    ] = False,
) -> None:
    """Publish closed waves, safely and once. A released wave is never computed again."""
    if wave == "watch":
        if dry_run:
            raise typer.BadParameter("`watch` has no dry run; name a wave", param_hint="--dry-run")
        _watch()
    else:
        _release_one(wave, dry_run)


def _watch() -> None:
    from services.metrics.release import review_routes  # noqa: PLC0415
    from services.metrics.release.service import create_app  # noqa: PLC0415
    from services.metrics.release.watch import Watch  # noqa: PLC0415
    from services.metrics.settings import ReleaseSettings  # noqa: PLC0415

    settings = load(ReleaseSettings)
    logs.configure(settings, "release")
    telemetry.expose(settings, Service.RELEASE)
    tracing.configure(settings, Service.RELEASE)
    clock = campaign_clock(settings)
    watch = Watch(
        lambda: connect(settings),
        clock,
        settings.release_interval_seconds,
        settings.release_patience_seconds,
        Obstacle("what the watch needs", lambda error: why(settings, error)),
    )
    review = None
    if settings.tokens_file is not None:
        tokens = TokenFile(settings.tokens_file)
        review = review_routes.router(lambda: connect(settings), clock, tokens)
    serving.serve(
        create_app(watch, review, settings.release_requests_at_once),
        settings.release_host,
        settings.release_port,
        "DRAAGVLAK_RELEASE_PORT",
        delay_seconds=settings.shutdown_delay_seconds,
    )


def _release_one(wave_id: str, dry_run: bool) -> None:
    from services.metrics.release import dry_run as dry  # noqa: PLC0415
    from services.metrics.release.barrier import Held  # noqa: PLC0415
    from services.metrics.release.steps import WaveNotClosed, release_wave  # noqa: PLC0415
    from services.metrics.settings import ReleaseSettings  # noqa: PLC0415

    settings = load(ReleaseSettings)
    logs.configure(settings, "release")
    try:
        with connect(settings) as client:
            if dry_run:
                _out.print(dry.summary(client, wave_id))
                return
            outcome = release_wave(client, wave_id, campaign_clock(settings).now())
    except WaveNotClosed as refusal:
        _failed(str(refusal))
    except ClickHouseError as error:
        _failed(str(why(settings, error)))
    if isinstance(outcome, Held):
        _failed(f"wave {wave_id} is held back: {outcome.detail}")
    _out.print(f"wave {wave_id} is released, sha256 {outcome.sha256}")
