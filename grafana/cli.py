"""The commands of Grafana: build the files, draw a preview, check a live one, publish by API."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final, NoReturn

import typer
from rich.console import Console

from services.contracts.base import TextLanguage
from services.runtime.settings import SettingsFault, load, read_secret

_out = Console(highlight=False, soft_wrap=True, markup=False)
_err = Console(stderr=True, highlight=False, soft_wrap=True, markup=False)

grafana = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Build, preview, verify and publish the dashboards."
)


_DAY: Final = ["%Y-%m-%d"]
_DAYS: Final = 180


def _period(begin: datetime | None, end: datetime | None, days: int | None) -> tuple[datetime, datetime]:
    """From a day until a day where both are given, else the last days."""
    if begin is None and end is None:
        now = datetime.now(UTC)
        return now - timedelta(days=days or _DAYS), now
    if days is not None:
        raise typer.BadParameter("looks back from now: give it, or --begin and --end", param_hint="--days")
    if begin is None or end is None or begin >= end:
        raise typer.BadParameter("give both --begin and --end, the earlier one first")
    return begin.replace(tzinfo=UTC), end.replace(tzinfo=UTC)


def _failed(sentence: str) -> NoReturn:
    _err.print(sentence)
    raise typer.Exit(1)


@grafana.command()
def build(
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail where files differ from the code.")
    ] = False,
) -> None:
    """Write the dashboards in every language, the alert rules and the provisioning anew."""
    from grafana.building import FOLDER, files, stale, write  # noqa: PLC0415 - the kit is for this command alone

    texts = files()
    if check:
        different = stale(texts)
        if different:
            _failed("Not what the code builds: " + ", ".join(str(path.relative_to(FOLDER)) for path in different))
        _out.print(f"{len(texts)} files are what the code builds")
        return
    changed = write(texts)
    _out.print(f"{len(changed)} of {len(texts)} files written")


@grafana.command()
def preview(
    *,
    to: Annotated[Path, typer.Option("--to", help="Folder for the pictures.")] = Path("previews"),
    language: Annotated[TextLanguage, typer.Option("--language", help="Of the dashboards.")] = TextLanguage.EN,
    story: Annotated[
        bool, typer.Option("--story", help="The simulated care organisation instead of a running metrics API.")
    ] = False,
    days: Annotated[
        int | None, typer.Option("--days", min=1, max=3650, help=f"How far back from now; {_DAYS} unless given.")
    ] = None,
    begin: Annotated[
        datetime | None, typer.Option("--begin", formats=_DAY, help="The first day instead, with --end; UTC.")
    ] = None,
    end: Annotated[datetime | None, typer.Option("--end", formats=_DAY, help="The day to end before; UTC.")] = None,
    team: Annotated[
        str, typer.Option("--team", help="The team to choose where a dashboard asks for one.")
    ] = "organisation",
) -> None:
    """Draw a picture of each dashboard, without a Grafana; it shows the layout and the data, not Grafana's drawing.

    Asks the metrics API at DRAAGVLAK_METRICS_URL with the token in DRAAGVLAK_METRICS_TOKEN_FILE.
    """
    from grafana.plugin.filling import Period  # noqa: PLC0415 - matplotlib is slow to load
    from grafana.plugin.framing import Unlike  # noqa: PLC0415
    from grafana.preview.album import Album, of_api, of_story  # noqa: PLC0415
    from grafana.settings import PreviewSettings  # noqa: PLC0415

    if story and any(given is not None for given in (begin, end, days)):
        raise typer.BadParameter("has its own time: it goes without --days, --begin and --end", param_hint="--story")
    period = Period(*_period(begin, end, days))
    to.mkdir(parents=True, exist_ok=True)
    try:
        if story:
            paths = of_story(Album(to, language, team))
        else:
            settings = load(PreviewSettings)
            if settings.metrics_url is None:
                raise SettingsFault(
                    "DRAAGVLAK_METRICS_URL: is not set; or draw the simulated organisation with --story"
                )
            token = read_secret(settings.metrics_token_file, "metrics_token_file").get_secret_value()
            paths = of_api(Album(to, language, team), settings.metrics_url, token, period)
    except Unlike as fault:
        _failed(f"A dashboard could not be drawn: {fault}")
    for path in paths:
        _out.print(str(path))


@grafana.command()
def verify(
    language: Annotated[TextLanguage, typer.Option("--language", help="Of the dashboards to check.")] = TextLanguage.EN,
    days: Annotated[int, typer.Option("--days", min=1, max=3650, help="How far back queries look.")] = 180,
) -> None:
    """Check a live Grafana from end to end: health, sources, dashboards, every query, rules, no hidden cell."""
    from grafana.live.connecting import GrafanaFault, connect  # noqa: PLC0415 - lives in an environment of its own
    from grafana.live.verifying import verify as checks  # noqa: PLC0415
    from grafana.settings import GrafanaSettings  # noqa: PLC0415

    try:
        api = connect(load(GrafanaSettings))
        bad = 0
        for found in checks(api, language, days):
            bad += not found.good
            (_out if found.good else _err).print(f"{'ok ' if found.good else 'BAD'} {found.what}: {found.detail}")
    except GrafanaFault as fault:
        _failed(str(fault))
    if bad:
        _failed(f"{bad} of the checks failed")
    _out.print("Everything that leadership sees is in order")


@grafana.command()
def publish(
    permissions_only: Annotated[
        bool, typer.Option("--permissions-only", help="Set who may see the folders; for those who provision by file.")
    ] = False,
) -> None:
    """Create data sources, folders with their permissions, dashboards and alert rules by API; safe to repeat."""
    from grafana.live.connecting import GrafanaFault, connect  # noqa: PLC0415
    from grafana.live.publishing import permissions  # noqa: PLC0415
    from grafana.live.publishing import publish as everything  # noqa: PLC0415
    from grafana.settings import PublishSettings  # noqa: PLC0415

    settings = load(PublishSettings)
    try:
        api = connect(settings)
        for line in permissions(api) if permissions_only else everything(api, settings):
            _out.print(line)
    except GrafanaFault as fault:
        _failed(str(fault))
