"""``draagvlak doctor``: what is right, what is wrong, and the mend; puts together what services offer.

Exit codes: 0 healthy, 1 something is wrong, 2 settings that cannot be read.
"""

import logging
import os
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from importlib import import_module
from typing import Annotated, Any, Final

import typer

from services.runtime.doctor import printing
from services.runtime.doctor.files import secrets_check, settings_check
from services.runtime.doctor.findings import Check, Finding, Status
from services.runtime.doctor.running import Report, run_all
from services.runtime.settings import examine

doctor = typer.Typer(add_completion=False, help="Say what is right, what is wrong, and how it is mended.")


class Workload(StrEnum):
    """What runs, by the names that compose, Kubernetes and alerts use."""

    PULSE_BOT = "pulse-bot"
    INGEST = "ingest"
    METRICS = "metrics"
    RELEASE_WATCH = "release-watch"
    RETENTION = "retention"
    MIGRATE = "migrate"
    TOPICS = "topics"
    ALL = "all"


@dataclass(frozen=True)
class Place:
    """Where the settings and the checks of a workload are, as ``module:name``; imported only when asked for."""

    settings: str
    checks: str
    with_schema: bool = False
    """Whether the checks take what looks at the migrations, which are those of ingest."""


PLACES: Final = {
    Workload.PULSE_BOT: Place("services.pulse_bot.settings:ServingSettings", "services.pulse_bot.checks:pulse_bot"),
    Workload.INGEST: Place("services.ingest.settings:IngestSettings", "services.ingest.checks:ingest"),
    Workload.METRICS: Place("services.metrics.settings:MetricsSettings", "services.metrics.checks:metrics", True),
    Workload.RELEASE_WATCH: Place("services.metrics.settings:ReleaseSettings", "services.metrics.checks:release", True),
    Workload.RETENTION: Place("services.ingest.settings:RetentionSettings", "services.ingest.checks:retention"),
    Workload.MIGRATE: Place("services.ingest.settings:MigrateSettings", "services.ingest.checks:migrate"),
    Workload.TOPICS: Place("services.ingest.settings:TopicsSettings", "services.ingest.checks:topics_of"),
}


@doctor.command()
def look(
    workloads: Annotated[
        list[Workload], typer.Option("--for", help="Whose settings and rights; several, or all.", show_default="all")
    ] = [Workload.ALL],  # noqa: B006 - typer copies it
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of a table.")] = False,
) -> None:
    """Look at settings, files of secrets, Kafka, ClickHouse, Slack, the ledger, clocks and certificates.

    Nothing is changed and nothing is sent. Run it where the workload runs, with its environment: each has a user of its
    own. Exit code 1 when something is wrong, 2 when settings cannot be read.
    """
    logging.disable(logging.CRITICAL)  # libraries tell of every attempt; we tell of what came of it
    chosen = [one for one in PLACES if one in workloads or Workload.ALL in workloads]
    readable, checks = True, list[Check]()
    for workload in chosen:
        whole, of_this = _checks(workload)
        readable = readable and whole
        checks += of_this if len(chosen) == 1 else [_named(workload, check) for check in of_this]
    reports = _once(run_all(checks))
    if as_json:
        sys.stdout.write(printing.as_json(reports, tuple(one.value for one in chosen)).decode() + "\n")
    else:
        printing.show(reports)
    _end(2 if not readable else int(_any_wrong(reports)))


def _checks(workload: Workload) -> tuple[bool, Sequence[Check]]:
    """Whether its settings can be used as they are, and what is looked at."""
    place = PLACES[workload]
    settings, faults = examine(_imported(place.settings))
    first = settings_check(faults)
    if settings is None:
        return False, [first]
    make: Callable[..., Sequence[Check]] = _imported(place.checks)
    if place.with_schema:
        make = partial(make, schema=_imported("services.ingest.checks:schema"))
    return not faults, [first, secrets_check(settings), *make(settings)]


def _imported(name: str) -> Any:
    module, _, attribute = name.partition(":")
    return getattr(import_module(module), attribute)


def _named(workload: Workload, check: Check) -> Check:
    return replace(check, name=f"{workload}: {check.name}")


def _once(reports: Iterable[Report]) -> tuple[Report, ...]:
    """What several workloads find alike is told once."""
    told: set[Finding] = set()
    kept = []
    for report in reports:
        new = tuple(finding for finding in report.findings if finding not in told)
        told.update(new)
        if new:
            kept.append(replace(report, findings=new))
    return tuple(kept)


def _any_wrong(reports: Iterable[Report]) -> bool:
    return any(finding.status is Status.WRONG for report in reports for finding in report.findings)


def _end(code: int) -> None:
    """A check that was left behind waits for something that may never come: the process does not wait for it."""
    if any(thread.name.startswith("check ") for thread in threading.enumerate()):
        sys.stdout.flush()
        os._exit(code)
    raise typer.Exit(code)
