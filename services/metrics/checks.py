"""What `draagvlak doctor` looks at for the metrics API and the release."""

from collections.abc import Callable, Iterable
from typing import Final

from clickhouse_connect.driver.client import Client

from services.metrics.release import replicas
from services.metrics.settings import MetricsSettings, ReleaseSettings
from services.runtime.doctor.clickhouse import Role, clickhouse_check
from services.runtime.doctor.findings import Check, Finding, note, right
from services.runtime.doctor.tokens import tokens_check
from services.runtime.tokens import Scope

More = Callable[[Client], Iterable[Finding]]

_METRICS: Final = Role(
    needs=(
        ("SELECT", "pulse_facts.waves"),
        ("SELECT", "pulse_facts.nodes"),
        ("SELECT", "pulse_release.releases"),
        ("SELECT", "pulse_release.comment_releases"),
    ),
    must_not=(
        ("SELECT", "pulse_ballots.answers"),
        ("SELECT", "pulse_ballots.closed_answers"),
        ("SELECT", "pulse_ballots.comments"),
        ("SELECT", "pulse_ballots.dead_letters"),
        ("SELECT", "pulse_ballots.class_sums"),
        ("INSERT", "pulse_release.releases"),
    ),
)
_RELEASE: Final = Role(
    needs=(
        ("SELECT", "pulse_ballots.answers"),
        ("INSERT", "pulse_ballots.closed_answers"),
        ("INSERT", "pulse_ballots.release_claims"),
        ("ALTER DELETE", "pulse_ballots.answers"),
        ("SELECT", "pulse_facts.wave_ends"),
        ("SELECT", "pulse_release.releases"),
        ("INSERT", "pulse_release.releases"),
        ("SELECT", "system.replicas"),
    ),
    must_not=(("INSERT", "pulse_facts.waves"), ("DROP TABLE", "pulse_release.releases")),
    one_replica=True,
)


def metrics(settings: MetricsSettings, schema: More) -> tuple[Check, ...]:
    """Of the API; ``schema`` looks at the migrations, which are another service's."""
    return (
        clickhouse_check(settings, _METRICS, schema),
        tokens_check(settings.tokens_file, (Scope.METRICS_READ,), "nobody can read the API"),
    )


def release(settings: ReleaseSettings, schema: More) -> tuple[Check, ...]:
    """Of the release; ``schema`` as above."""

    def more(client: Client) -> Iterable[Finding]:
        yield from schema(client)
        yield from _replicas(client)

    return (
        clickhouse_check(settings, _RELEASE, more),
        tokens_check(
            settings.tokens_file, (Scope.COMMENTS_REVIEW,), "no comment can be reviewed, and none is released"
        ),
    )


def _replicas(client: Client) -> Iterable[Finding]:
    found = replicas.state(client)
    behind = [lacks for one in found if (lacks := one.behind) is not None]
    for lacks in behind:
        yield note("replicas", lacks, "no wave is released while it lasts; see system.replication_queue there")
    if found and not behind:
        yield right("replicas", f"{found[0].host} has everything of the {len(found)} replicated tables")
