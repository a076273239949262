"""What keeps a service from Kafka and ClickHouse is named with its mend, in its log and to who asks for readiness.

Apache Kafka with the users and rights of the manifests, behind a good certificate and behind an expired one; services
as processes of their own.
"""

import json
import socket
import ssl
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import chain, groupby, pairwise
from pathlib import Path
from typing import Final

import clickhouse_connect
import httpx
import pytest
import typer
from kafka.admin import ACLOperation
from sqlalchemy import select

from sandbox import store as stores
from sandbox.processes.child import Child
from sandbox.stack.secret_files import GRANTS, Role
from services.contracts.events import ReactionsCounted
from services.contracts.topics import TOPICS, TopicName
from services.ingest import topics
from services.ingest.commands.dead_letters import dead_letters
from services.ingest.commands.retention import retention
from services.ingest.migrating import runner
from services.ingest.migrating.plan import Migration, packaged
from services.ingest.rights import exactly
from services.pulse_bot.announcements import outbox
from services.pulse_bot.ledger.announcing import OutboxRow
from services.runtime.clickhouse import MIGRATION
from services.runtime.settings import KafkaSettings
from tests.certificates import Authority
from tests.deploy import guarded_kafka
from tests.deploy.guarded_kafka import GuardedCluster
from tests.deploy.manifests import overlay
from tests.files import put
from tests.integration.ingest.platform import Platform, platform, wait_until
from tests.integration.pulse_bot.house import Reader, build, eventually
from tests.integration.pulse_bot.processes import bot_process
from tests.leftovers import connect_in_vain, nothing_left
from tests.low_ports import low_port

pytestmark = pytest.mark.needs("java", "maven", "openssl", "kustomize")

WRONG: Final = "no-password-that-anybody-has"
WITHOUT_RIGHTS: Final = "kafka-keda"
"""A user of the manifests who may see the topic of answers, and do nothing."""

USERNAME: Final = "DRAAGVLAK_KAFKA_USERNAME"

LASTING: Final = "(this stays until somebody mends it)"
PASSING: Final = "(this may pass by itself)"


@dataclass(frozen=True)
class There:
    """The broker, and a store with tables; ``folder`` has the authority's certificate and the passwords."""

    kafka: GuardedCluster
    platform: Platform
    authority: Path
    folder: Path

    def secret(self, name: str, content: str) -> str:
        """The path of a file that holds this."""
        path = self.folder / name
        put(path, content, 0o600)
        return str(path)

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


@dataclass
class Service:
    """A service as a process of its own."""

    name: str
    child: Child
    port: int

    def health(self, what: str) -> tuple[int, str]:
        """What it answers; 0 as long as it does not listen."""
        assert self.child.code() is None, self.log
        try:
            answer = httpx.get(f"http://127.0.0.1:{self.port}/healthz/{what}", timeout=30)
        except httpx.HTTPError:
            return 0, ""
        return answer.status_code, answer.text

    def tells(self, part: str) -> str:
        """The answer to who asks for readiness, once ``part`` is in it."""

        def told() -> tuple[int, str] | None:
            status, said = self.health("ready")
            return (status, said) if part in said else None

        status, said = wait_until(
            told, lambda: f"{self.name} tells: {part}; {self.health('ready')[1]}\n{self.log[-4_000:]}"
        )
        assert status == 503
        assert wait_until(lambda: self.health("live")[0], f"{self.name} answers") == 200
        return str(said)

    def says(self, part: str) -> None:
        """Wait until ``part`` is in its log."""
        wait_until(lambda: part in self.log, lambda: f"{self.name} says: {part}\n{self.log[-4_000:]}")

    @property
    def log(self) -> str:
        """Everything that it has written."""
        return self.child.log.read_text()

    @property
    def causes(self) -> list[dict[str, object]]:
        """The lines of its log that tell what cannot be used, and why."""
        whole, _, _ = self.log.rpartition("\n")  # the last line may be half written
        lines = [json.loads(line) for line in whole.splitlines() if line.startswith("{")]
        return [line for line in lines if "reason" in line and str(line["event"]).endswith("cannot be used")]


PORTS: Final = {"bot": "BOT", "ingest": "INGEST", "metrics": "METRICS", "release": "RELEASE"}
USERS: Final = {"bot": "pulse-bot", "ingest": "ingest"}
ROLES: Final = {"bot": Role.METRICS, "ingest": Role.INGEST, "metrics": Role.METRICS, "release": Role.RELEASE}


def started(there: There, name: str, **more: str) -> Service:
    """The service, not waited for; somebody must end it."""
    port = low_port()
    scopes = ["metrics:read", "outcomes:write"]
    tokens = json.dumps([{"name": "x", "sha256": sha256(b"x").hexdigest(), "scopes": scopes}])
    settings = there.platform.environment(ROLES[name], **more) | {
        f"DRAAGVLAK_{PORTS[name]}_PORT": str(port),
        "DRAAGVLAK_TELEMETRY_PORT": str(low_port()),
        "DRAAGVLAK_LOG_FORMAT": "json",
        "DRAAGVLAK_TOKENS_FILE": there.secret("tokens.yaml", tokens),
    }
    if name == "bot":
        settings |= {
            "DRAAGVLAK_STATE": str(there.folder / f"state-{port}"),
            "DRAAGVLAK_SLACK_API_URL": f"http://127.0.0.1:{low_port()}/api/",
            "DRAAGVLAK_SLACK_BOT_TOKEN_FILE": there.secret("slack-token", "xoxb-1"),
            "DRAAGVLAK_SLACK_SIGNING_SECRET_FILE": there.secret("slack-signing", "s" * 32),
        }
    words = ["release", "watch"] if name == "release" else [name]
    child = Child(name, [sys.executable, "-m", "services.command_line", *words], settings, there.folder / f"{port}.log")
    return Service(name, child, port)


@contextmanager
def ending(*services: Service) -> Iterator[tuple[Service, ...]]:
    """They end side by side, with the block."""
    try:
        yield services
    finally:
        for one in services:
            one.child.ask_to_stop()
        for one in services:
            one.child.stop()


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[There]:
    folder = tmp_path_factory.mktemp("bad-input")
    authority = Authority(folder)
    sealed = {}
    for name, days in (("good", 30), ("expired", -2)):
        certificate, key = authority.issued(name, timedelta(days=days))
        sealed[name] = folder / f"{name}-both.pem"
        sealed[name].write_text(key.read_text() + certificate.read_text())
    with (
        guarded_kafka.running(folder / "kafka", overlay("production"), sealed) as cluster,
        platform(folder, cluster.bootstrap) as built,
    ):
        yield There(cluster, built, authority.certificate, folder)


def command(there: There, what: typer.Typer, role: Role, *words: str, **more: str) -> str:
    """What a command says that fails."""
    code, said = there.platform.inside(what, role, *words, **more)
    assert code == 1, said
    return said


def named_once(service: Service, told: str) -> None:
    """The log has told it, and no cause twice in a row; what was told last of each need weighs as much; no password.

    On a busy machine a cause that may pass, such as an answer that took too long, comes before or between.
    """
    weight = ("error", True) if LASTING in told else ("warning", False)

    def of_each_need() -> list[list[dict[str, object]]]:
        ordered = sorted(service.causes, key=lambda line: str(line["event"]))
        return [list(lines) for _, lines in groupby(ordered, lambda line: line["event"])]

    def settled() -> list[list[dict[str, object]]] | None:
        found = of_each_need()
        last = [lines[-1] for lines in found]
        weighed = all((line["level"], line["lasting"]) == weight for line in last)
        return found if weighed and any(str(line["reason"]) in told for line in last) else None

    for lines in wait_until(
        settled, lambda: f"{service.name} says of each need that it is {weight}, and {told}: {of_each_need()}"
    ):
        assert all(line["reason"] != before["reason"] for before, line in pairwise(lines)), lines
    assert WRONG not in service.log
    assert guarded_kafka.PASSWORD not in service.log


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
def without_kafka(there: There) -> Iterator[WithoutKafka]:
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
    there: There, without_kafka: WithoutKafka
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
                named_once(service, told)
            for command_, role, words in (
                (retention, Role.RETENTION, ()),
                (dead_letters, Role.DEAD_LETTERS, ("list",)),
            ):
                said = command(there, command_, role, *words, **{**without_kafka.settings[what], USERNAME: role.value})
                assert all(part in said for part in parts)
                assert WRONG not in said


def test_clients_with_a_wrong_password_leave_nothing_behind(there: There, caplog: pytest.LogCaptureFixture) -> None:
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
    there: There, without_kafka: WithoutKafka
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


def test_a_user_of_kafka_without_rights(there: There, without_kafka: WithoutKafka) -> None:
    rule = f'--add --allow-principal "User:{WITHOUT_RIGHTS}" --operation'
    with ending(*without_kafka.services["nobody"]) as services:
        for service, operation in zip(services, ("Write", "Read"), strict=True):
            told = service.tells(f"User:{WITHOUT_RIGHTS} may not {operation} topic pulse.")
            assert f"kafka-acls.sh --bootstrap-server {there.kafka.sealed_door('good')} {rule} {operation}" in told
            assert "`draagvlak doctor` names the others" in told
            assert LASTING in told
            named_once(service, told)
    for what, role, words, operation in (
        (retention, Role.RETENTION, (), "Describe topic pulse.waves.v1"),
        (dead_letters, Role.DEAD_LETTERS, ("list",), "Read topic pulse.dead-letters.v1"),
    ):
        assert f"may not {operation}" in command(there, what, role, *words, **without_kafka.settings["nobody"])


def test_a_group_that_ingest_may_not_read_in(without_kafka: WithoutKafka) -> None:
    with ending(*without_kafka.services["group"]) as (ingest,):
        told = ingest.tells("User:ingest may not Read group somebody-elses in Kafka")
        assert LASTING in told
        named_once(ingest, told)


def test_a_missing_topic_and_services_that_go_on_by_themselves_when_it_is_made(there: There) -> None:
    there.platform.admin.delete_topics([TopicName.ANNOUNCEMENTS.value])
    with ending(*(started(there, name, **there.as_user(user)) for name, user in USERS.items())) as services:
        bot, ingest = services
        missing = "the topic pulse.announcements.v1 is missing: run `draagvlak topics apply`"
        told = ingest.tells(missing)
        assert LASTING in told
        named_once(ingest, told)
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
    there: There, tmp_path: Path
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


OF_CLICKHOUSE: Final = {
    "ingest": "ClickHouse",
    "metrics": "ClickHouse",
    "release": "what the watch needs",
}
"""Who needs it, and by which name it tells so."""

CLICKHOUSE_PASSWORD: Final = "DRAAGVLAK_CLICKHOUSE_PASSWORD_FILE"


@contextmanager
def store_of(there: There, folder: str, migrations: Sequence[Migration]) -> Iterator[stores.StoreAddress]:
    """A store whose tables are those of these migrations."""
    users = {str(role): GRANTS[role] for role in Role if role is not Role.ADMIN}
    with stores.running(there.folder / folder, users) as store:
        with clickhouse_connect.get_client(**store.connect()) as client:
            runner.apply(client, runner.plan(client, migrations), lambda _: None)
        yield store


@contextmanager
def tls_alone(certificate: Path) -> Iterator[int]:
    """A port where TLS is spoken with this certificate and its key, and nothing behind it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def serve(listening: socket.socket) -> None:
        with suppress(OSError):  # it is closed at the end
            while True:
                connection, _ = listening.accept()
                with connection, suppress(OSError):
                    context.wrap_socket(connection, server_side=True).close()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=serve, args=(listening,), daemon=True).start()
        yield int(listening.getsockname()[1])
        listening.shutdown(socket.SHUT_RDWR)


@dataclass(frozen=True)
class WithoutClickHouse:
    """The same for ClickHouse; with the older store, and the port of the expired certificate."""

    older: There
    port: int
    passwords: Mapping[str, str]
    services: Mapping[str, tuple[Service, ...]]


@pytest.fixture(scope="module")
def without_clickhouse(there: There, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WithoutClickHouse]:
    passwords = {name: there.secret(f"wrong-{name}", WRONG) for name in OF_CLICKHOUSE}
    with (
        tls_alone(there.folder / "expired-both.pem") as port,
        store_of(there, "older", packaged()[:-1]) as store,
    ):
        folder = tmp_path_factory.mktemp("older")
        older = replace(there, platform=replace(there.platform, store=store, folder=folder), folder=folder)
        expired = {
            "DRAAGVLAK_CLICKHOUSE_PORT": str(port),
            "DRAAGVLAK_CLICKHOUSE_SECURE": "true",
            "DRAAGVLAK_CLICKHOUSE_CA_FILE": str(there.authority),
        }
        services = {
            "wrong": tuple(started(there, name, **{CLICKHOUSE_PASSWORD: passwords[name]}) for name in OF_CLICKHOUSE),
            "older": tuple(started(older, name) for name in OF_CLICKHOUSE),
            "expired": tuple(started(there, name, **expired) for name in OF_CLICKHOUSE),
        }
        with ending(*chain.from_iterable(services.values())):
            yield WithoutClickHouse(older, port, passwords, services)


def test_a_wrong_password_of_clickhouse_and_services_that_go_on_when_the_file_is_right(
    there: There, without_clickhouse: WithoutClickHouse
) -> None:
    passwords = without_clickhouse.passwords
    with ending(*without_clickhouse.services["wrong"]) as services:
        for service in services:
            told = service.tells(f"does not let {ROLES[service.name]} in (code 516)")
            assert f"put the right password in {passwords[service.name]}" in told
            assert LASTING in told
            named_once(service, told)
        given = {CLICKHOUSE_PASSWORD: passwords["ingest"]}
        assert "does not let retention in" in command(there, retention, Role.RETENTION, **given)
        for service in services:
            there.secret(f"wrong-{service.name}", there.platform.store.passwords[ROLES[service.name]])
        for service in services:
            wait_until(lambda service=service: service.health("ready") == (200, "ok"), f"{service.name} is ready")  # type: ignore[misc]
            service.says(f"{OF_CLICKHOUSE[service.name]} can be used again")


def test_tables_of_an_older_version(without_clickhouse: WithoutClickHouse) -> None:
    before, newest = packaged()[-2:]
    older = f"the tables are those of migration {before.number}, and this software needs {MIGRATION}: run"
    lacking = f"the tables lack {newest.name} and 0 more: run"
    said = {"ingest": lacking, "metrics": older, "release": older}
    with ending(*without_clickhouse.services["older"]) as services:
        for service in services:
            told = service.tells(said[service.name])
            assert "run `draagvlak migrate apply`" in told
            assert LASTING in told
            named_once(service, told)
    for what, role, words in ((retention, Role.RETENTION, ()), (dead_letters, Role.DEAD_LETTERS, ("list",))):
        assert f"{lacking} `draagvlak migrate apply`" in command(without_clickhouse.older, what, role, *words)


def test_an_expired_certificate_of_clickhouse(without_clickhouse: WithoutClickHouse) -> None:
    with ending(*without_clickhouse.services["expired"]) as services:
        for service in services:
            told = service.tells(
                f"the certificate of ClickHouse at 127.0.0.1:{without_clickhouse.port} has expired: renew it there"
            )
            assert "DRAAGVLAK_CLICKHOUSE_CA_FILE" in told
            assert LASTING in told
            named_once(service, told)


async def test_with_good_names_and_certificates_an_answer_goes_through_bot_and_ingest(
    there: There, tmp_path: Path
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
