"""What keeps a service from Kafka is named with its mend, in its log and to who asks for readiness.

Apache Kafka with the users and rights of the manifests, behind a good certificate and behind an expired one; services
as processes of their own.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Final

import pytest
from kafka.admin import ACLOperation
from sqlalchemy import select

from sandbox.stack.secret_files import Role
from services.contracts.events import ReactionsCounted
from services.contracts.topics import TOPICS, TopicName
from services.ingest import topics
from services.ingest.commands.dead_letters import dead_letters
from services.ingest.commands.retention import retention
from services.ingest.rights import exactly
from services.pulse_bot.announcements import outbox
from services.pulse_bot.ledger.announcing import OutboxRow
from services.runtime.settings import KafkaSettings
from tests.certificates import Authority
from tests.deploy import guarded_kafka
from tests.deploy.guarded_kafka import GuardedCluster
from tests.deploy.manifests import overlay
from tests.integration.bad_input.unusable import (
    LASTING,
    PASSING,
    WRONG,
    Service,
    There,
    command,
    ending,
    named_once,
    started,
)
from tests.integration.ingest.platform import platform, wait_until
from tests.integration.pulse_bot.house import Reader, build, eventually
from tests.integration.pulse_bot.processes import bot_process
from tests.leftovers import connect_in_vain, nothing_left
from tests.low_ports import low_port

pytestmark = pytest.mark.needs("java", "maven", "openssl", "kustomize")

WITHOUT_RIGHTS: Final = "kafka-keda"
"""A user of the manifests who may see the topic of answers, and do nothing."""

USERNAME: Final = "DRAAGVLAK_KAFKA_USERNAME"

USERS: Final = {"bot": "pulse-bot", "ingest": "ingest"}


@dataclass(frozen=True)
class Guarded(There):
    """With the doors of a broker that asks for names and passwords."""

    kafka: GuardedCluster
    authority: Path

    def as_user(self, user: str, door: str = "good", password: str = guarded_kafka.PASSWORD) -> dict[str, str]:
        """The settings of a user of Kafka who comes by this door."""
        return {
            "DRAAGVLAK_KAFKA_BOOTSTRAP": self.kafka.sealed_door(door),
            "DRAAGVLAK_KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "DRAAGVLAK_KAFKA_SASL_MECHANISM": "PLAIN",
            "DRAAGVLAK_KAFKA_CA_FILE": str(self.authority),
            USERNAME: user,
            "DRAAGVLAK_KAFKA_PASSWORD_FILE": self.secret(f"kafka-{password[:2]}", password),
        }


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    folder = tmp_path_factory.mktemp("bad-input")
    authority = Authority(folder)
    days = {"good": 30, "expired": -2}
    sealed = {name: authority.issued_with_key(name, timedelta(days=left)) for name, left in days.items()}
    with (
        guarded_kafka.running(folder / "kafka", overlay("production"), sealed) as cluster,
        platform(folder, cluster.bootstrap) as built,
    ):
        yield Guarded(built, folder, cluster, authority.certificate)


REPLACED: Final = "kafka-replaced"
"""A file of a password that a test replaces while services read it."""


@dataclass(frozen=True)
class WithoutKafka:
    """Services that cannot use it, by what is wrong: they start side by side, since most of a start is waiting.

    The last test that looks at some ends them.
    """

    away_at: str
    settings: Mapping[str, Mapping[str, str]]
    services: Mapping[str, tuple[Service, ...]]


@pytest.fixture(scope="module")
def without_kafka(there: Guarded) -> Iterator[WithoutKafka]:
    away = f"127.0.0.1:{low_port()}"
    wrong = there.as_user("…", password=WRONG)
    replaced = {"DRAAGVLAK_KAFKA_PASSWORD_FILE": there.secret(REPLACED, WRONG)}
    settings: dict[str, dict[str, str]] = {
        "expired": there.as_user("…", "expired"),
        "wrong": wrong | replaced,
        "away": there.as_user("…") | {"DRAAGVLAK_KAFKA_BOOTSTRAP": away},
        "nobody": there.as_user(WITHOUT_RIGHTS),
        "group": there.as_user("…") | {"DRAAGVLAK_INGEST_GROUP": "somebody-elses"},
    }
    names = {"away": ("bot",), "group": ("ingest",)}
    services = {
        what: tuple(
            started(there, name, **given if what == "nobody" else given | {USERNAME: USERS[name]})
            for name in names.get(what, ("bot", "ingest"))
        )
        for what, given in settings.items()
    }
    with ending(*chain.from_iterable(services.values())):
        yield WithoutKafka(away, settings, services)


def test_an_expired_certificate_a_wrong_password_and_a_broker_that_is_away(
    there: Guarded, without_kafka: WithoutKafka
) -> None:
    expired, wrong = there.kafka.sealed_door("expired"), there.kafka.sealed_door("good")
    cases = {
        "expired": (LASTING, ("has expired: renew it", expired, "DRAAGVLAK_KAFKA_CA_FILE")),
        "wrong": (LASTING, ("with this password: put", wrong, "DRAAGVLAK_KAFKA_PASSWORD_FILE")),
        "away": (PASSING, (f"{without_kafka.away_at} refuses connections: start it",)),
    }
    with ending(*without_kafka.services["expired"], *without_kafka.services["away"]):
        for what, (weight, parts) in cases.items():
            for service in without_kafka.services[what]:
                told = service.tells(parts[0])
                assert all(part in told for part in (*parts, weight))
                named_once(service, told, guarded_kafka.PASSWORD)
            for command_, role, words in (
                (retention, Role.RETENTION, ()),
                (dead_letters, Role.DEAD_LETTERS, ("list",)),
            ):
                said = command(there, command_, role, *words, **{**without_kafka.settings[what], USERNAME: role.value})
                assert all(part in said for part in parts)
                assert WRONG not in said


def test_clients_with_a_wrong_password_leave_nothing_behind(there: Guarded, caplog: pytest.LogCaptureFixture) -> None:
    settings = KafkaSettings(
        kafka_bootstrap=there.kafka.sealed_door("good"),
        kafka_security_protocol="SASL_SSL",
        kafka_sasl_mechanism="PLAIN",
        kafka_ca_file=there.authority,
        kafka_username="pulse-bot",
        kafka_password_file=Path(there.secret("kafka-wrong", WRONG)),
    )
    with nothing_left():
        connect_in_vain(settings, caplog)


def test_a_password_file_that_is_empty_while_it_is_replaced_costs_no_restart(
    there: Guarded, without_kafka: WithoutKafka
) -> None:
    with ending(*without_kafka.services["wrong"]) as services:
        for service in services:
            service.tells("with this password: put")
        there.secret(REPLACED, "")
        for service in services:
            assert REPLACED in service.tells("it is read again with each attempt")
        there.secret(REPLACED, guarded_kafka.PASSWORD)
        for service in services:
            service.says("Kafka can be used again")


def test_a_user_of_kafka_without_rights(there: Guarded, without_kafka: WithoutKafka) -> None:
    rule = f'--add --allow-principal "User:{WITHOUT_RIGHTS}" --operation'
    with ending(*without_kafka.services["nobody"]) as services:
        for service, operation in zip(services, ("Write", "Read"), strict=True):
            told = service.tells(f"User:{WITHOUT_RIGHTS} may not {operation} topic pulse.")
            assert f"kafka-acls.sh --bootstrap-server {there.kafka.sealed_door('good')} {rule} {operation}" in told
            assert "`draagvlak doctor` names the others" in told
            assert LASTING in told
            named_once(service, told, guarded_kafka.PASSWORD)
    for what, role, words, operation in (
        (retention, Role.RETENTION, (), "Describe topic pulse.waves.v1"),
        (dead_letters, Role.DEAD_LETTERS, ("list",), "Read topic pulse.dead-letters.v1"),
    ):
        assert f"may not {operation}" in command(there, what, role, *words, **without_kafka.settings["nobody"])


def test_a_group_that_ingest_may_not_read_in(without_kafka: WithoutKafka) -> None:
    with ending(*without_kafka.services["group"]) as (ingest,):
        told = ingest.tells("User:ingest may not Read group somebody-elses in Kafka")
        assert LASTING in told
        named_once(ingest, told, guarded_kafka.PASSWORD)


def test_a_missing_topic_and_services_that_go_on_by_themselves_when_it_is_made(there: Guarded) -> None:
    there.platform.admin.delete_topics([TopicName.ANNOUNCEMENTS.value])
    with ending(*(started(there, name, **there.as_user(user)) for name, user in USERS.items())) as services:
        bot, ingest = services
        missing = "the topic pulse.announcements.v1 is missing: run `draagvlak topics apply`"
        told = ingest.tells(missing)
        assert LASTING in told
        named_once(ingest, told, guarded_kafka.PASSWORD)
        wait_until(lambda: beside(bot)[-1:] == [(missing, True)], "the bot tells what lacks beside the answers")
        assert "Kafka" not in bot.health("ready")[1]  # it takes answers meanwhile
        steps = topics.plan(there.platform.admin, TOPICS.values()).steps
        topics.apply(there.platform.admin, steps, 1, lambda _: None)
        wait_until(lambda: ingest.health("ready") == (200, "ok"), "ingest and its gateway are ready")
        ingest.says('"Kafka can be used again"')
        wait_until(lambda: f'"{BESIDE} can be used again"' in bot.log, "the bot has every topic")
        bot.tells("Slack at http://127.0.0.1")


BESIDE: Final = "a topic beside the answers"


def beside(bot: Service) -> list[tuple[object, object]]:
    """What the bot has told of other topics than that of answers, and whether it is lasting."""
    return [(line["reason"], line["lasting"]) for line in bot.causes if str(line["event"]).startswith(BESIDE)]


async def test_rights_that_lack_on_other_topics_stop_no_answer_and_are_used_once_they_are_given(
    there: Guarded, tmp_path: Path
) -> None:
    """Those on comments lack altogether; that of writing announcements lacks while one waits to be told."""
    taken = [
        right
        for right in guarded_kafka.rights(overlay("production"))
        if right.principal == "User:pulse-bot"
        and (
            right.resource_pattern.resource_name == TopicName.COMMENTS
            or (right.resource_pattern.resource_name, right.operation) == (TopicName.ANNOUNCEMENTS, ACLOperation.WRITE)
        )
    ]
    waiting = ReactionsCounted(announcement_id="a1", as_of=datetime.now(UTC), reactions={})
    reader = Reader(there.kafka.bootstrap)
    there.platform.admin.delete_acls([exactly(right) for right in taken])
    try:
        async with build(tmp_path, there.kafka.bootstrap, reader, "lacking") as house:
            house.plan()
            (ledger,) = house.ledgers
            async with bot_process(house, **there.as_user("pulse-bot")) as bot:
                await house.open_and_send()
                ledger.write_now(lambda c: outbox.put(c, TopicName.ANNOUNCEMENTS, waiting.announcement_id, waiting))
                refused = f"User:pulse-bot may not Write topic {TopicName.ANNOUNCEMENTS} in Kafka"

                async def said(text: str) -> bool:
                    return text in bot.log.read_text()

                async def delivered() -> bool:
                    return await ledger.read(lambda c: c.execute(select(OutboxRow.__table__)).all()) == []

                await eventually(lambda: said(refused))
                thanks = [await house.answer_all(person, [1, 2, None, 4, 5]) for person in ("U01", "U03")]
                assert all("Dank je wel" in str(each["blocks"]) for each in thanks)
                assert len(house.events(TopicName.ANSWERS)) == 10
                assert not await delivered()
                there.platform.admin.create_acls(taken)
                await eventually(delivered)
                await eventually(lambda: said(f"{BESIDE} can be used again"))
                assert not await said("kafka producer replaced")
    finally:
        there.platform.admin.create_acls(taken)
        reader.close()


async def test_with_good_names_and_certificates_an_answer_goes_through_bot_and_ingest(
    there: Guarded, tmp_path: Path
) -> None:
    reader = Reader(there.kafka.bootstrap)
    try:
        async with build(tmp_path, there.kafka.bootstrap, reader, "sealed") as house:
            house.plan()
            with ending(started(there, "ingest", **there.as_user("ingest"))) as (ingest,):
                async with bot_process(house, **there.as_user("pulse-bot")):
                    await house.open_and_send()
                    await house.answer_all("U01", [1, 2, None, 4, 5])
                stored = there.platform.count
                wait_until(lambda: stored("pulse_ballots.answers", house.wave_id()) == 5, "the answers are stored")
                wait_until(lambda: ingest.health("ready") == (200, "ok"), "ingest is ready")
    finally:
        reader.close()
