"""What `draagvlak doctor` looks at for the workloads of ingest: the consumer, retention, migrations and topics."""

from collections.abc import Callable, Iterable
from typing import Final

from clickhouse_connect.driver.client import Client
from kafka import KafkaAdminClient

from services.contracts.topics import TOPICS, TopicName
from services.ingest import topics
from services.ingest.causes import CONSUMER, GATEWAY, RETENTION
from services.ingest.migrating.plan import MigrationFault, compare, packaged
from services.ingest.migrating.runner import applied
from services.ingest.rights import GROUP_RIGHTS
from services.ingest.settings import IngestSettings, MigrateSettings, RetentionSettings, TopicsSettings
from services.runtime.causes.clickhouse import MIGRATE_APPLY
from services.runtime.causes.kafka import TOPICS_APPLY
from services.runtime.doctor.clickhouse import Role, clickhouse_check
from services.runtime.doctor.findings import Check, Finding, note, right, wrong
from services.runtime.doctor.kafka import ALTER_CONFIGS, DELETE, READ, WRITE, Account, kafka_check
from services.runtime.doctor.tokens import tokens_check
from services.runtime.settings import KafkaSettings
from services.runtime.tokens import Scope

_INGEST: Final = Role(
    needs=(
        ("INSERT", "pulse_ballots.answers"),
        ("INSERT", "pulse_ballots.withdrawals"),
        ("INSERT", "pulse_ballots.comments"),
        ("INSERT", "pulse_ballots.dead_letters"),
        ("SELECT", "pulse_ballots.invited"),
        ("SELECT", "pulse_facts.waves"),
        ("INSERT", "pulse_facts.waves"),
        ("INSERT", "pulse_facts.wave_ends"),
        ("SELECT", "pulse_release.releases"),
    ),
    must_not=(
        ("SELECT", "pulse_ballots.answers"),
        ("SELECT", "pulse_ballots.closed_answers"),
        ("SELECT", "pulse_ballots.comments"),
        ("INSERT", "pulse_release.releases"),
    ),
)
_RETENTION: Final = Role(
    needs=(
        ("SELECT", "pulse_ballots.answers"),
        ("ALTER DELETE", "pulse_ballots.answers"),
        ("ALTER DELETE", "pulse_ballots.comments"),
        ("SELECT", "pulse_facts.waves"),
        ("SELECT", "pulse_release.releases"),
    ),
    must_not=(("INSERT", "pulse_release.releases"), ("ALTER DELETE", "pulse_release.releases")),
)
_MIGRATE: Final = Role(
    needs=(
        ("CREATE DATABASE", "pulse_ballots.*"),
        ("CREATE TABLE", "pulse_ballots.*"),
        ("CREATE TABLE", "pulse_facts.*"),
        ("CREATE TABLE", "pulse_release.*"),
        ("ALTER TABLE", "pulse_release.*"),
        ("INSERT", "pulse_facts.schema_migrations"),
    )
)


def ingest(settings: IngestSettings) -> tuple[Check, ...]:
    """Of the consumer, and of the gateway where there are tokens."""
    needs = dict(CONSUMER)
    if settings.tokens_file is not None:
        needs |= {name: (*CONSUMER[name], *operations) for name, operations in GATEWAY.items()}
    account = Account(
        needs=needs,
        must_not={TopicName.ANSWERS: (WRITE, DELETE), TopicName.COMMENTS: (WRITE, DELETE)},
        groups={settings.ingest_group: GROUP_RIGHTS["ingest"]},
    )
    return (
        kafka_check(settings, account),
        clickhouse_check(settings, _INGEST, schema),
        tokens_check(
            settings.tokens_file,
            (Scope.OUTCOMES_WRITE, Scope.ANNOUNCEMENTS_DRAFT),
            "there is no gateway for business systems",
        ),
    )


def retention(settings: RetentionSettings) -> tuple[Check, ...]:
    """Of the job that erases."""
    account = Account(
        needs=RETENTION,
        must_not={TopicName.ANSWERS: (READ, WRITE), TopicName.COMMENTS: (READ, WRITE)},
        groups={settings.ingest_group: GROUP_RIGHTS["retention"]},
    )
    return (
        kafka_check(settings, account, configurations(settings)),
        clickhouse_check(settings, _RETENTION, schema),
    )


def migrate(settings: MigrateSettings) -> tuple[Check, ...]:
    """Of the migrations."""
    return (clickhouse_check(settings, _MIGRATE, schema),)


def topics_of(settings: TopicsSettings) -> tuple[Check, ...]:
    """Of the job that makes topics: every topic as its contract says."""
    account = Account(needs=dict.fromkeys(TopicName, (ALTER_CONFIGS,)))
    return (kafka_check(settings, account, configurations(settings)),)


def schema(client: Client) -> Iterable[Finding]:
    """Whether the tables are those of this software: migrations that lack, that changed, that are newer."""
    known = packaged()
    remembered = {migration.number: migration.checksum for migration in applied(client)}
    try:
        plan = compare(known, remembered)
    except MigrationFault as fault:
        what, _, mend = str(fault).partition(": ")
        yield wrong("schema", what, mend)
        return
    if plan.pending:
        names = ", ".join(migration.name for migration in plan.pending[:3])
        more = f" and {len(plan.pending) - 3} more" if len(plan.pending) > 3 else ""
        yield wrong("schema", f"the tables lack {names}{more}", f"run `{MIGRATE_APPLY}`")
    else:
        yield right("schema", f"all {len(known)} migrations of this software have been applied")
    if plan.foreign:
        numbers = ", ".join(f"{number:04}" for number in plan.foreign)
        yield note(
            "schema", f"newer software has changed the tables too ({numbers})", "install that version here as well"
        )


def configurations(settings: KafkaSettings) -> Callable[[KafkaAdminClient], Iterable[Finding]]:
    """Whether the topics keep their records as long as the contracts say, and as safely."""

    def look(admin: KafkaAdminClient) -> Iterable[Finding]:
        there = set(admin.list_topics())
        wrong_ones = 0
        for name, topic in TOPICS.items():
            if str(name) not in there:
                continue
            asked = topics.configurations(topic, settings.kafka_replication_factor)
            actual = topics.actual(admin, str(name))
            untold = [key for key in asked if key not in actual]
            if untold:
                yield note(f"topic {name}", f"this broker does not tell us its {' and '.join(untold)}")
            for key, value in asked.items():
                if key in actual and actual[key] != value:
                    wrong_ones += 1
                    yield wrong(
                        f"topic {name}",
                        f"{key} is {actual[key]}, and the contract says {value}",
                        f"run `{TOPICS_APPLY}`",
                    )
        if there and not wrong_ones:
            yield right("topics", "what the broker tells of retention and cleanup is what the contracts say")

    return look
