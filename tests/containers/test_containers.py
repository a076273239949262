"""The image runs as compose runs it: as nobody special, on a read-only root, without capabilities; and loses nothing.

Kafka is Apache Kafka with compose's own settings; ClickHouse's engine, PostgreSQL and an emulated Slack are beside it.
"""

import asyncio
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Final

import httpx
import pytest
import yaml

from sandbox.story.generated import generated
from sandbox.story.organisation import Organisation, build
from services.contracts.files import load_items
from services.pulse_bot.answers.ballot import ballot_id
from services.pulse_bot.ledger import invitations
from services.pulse_bot.ledger.key_rows import WaveKeyRows
from services.pulse_bot.ledger.models import DeliveryState
from services.pulse_bot.settings import LedgerSettings
from tests.containers import docker as dockers
from tests.containers import engines as servers
from tests.containers import image
from tests.containers.clicks import Click, press
from tests.containers.docker import Docker
from tests.containers.engines import Engines, wait_until
from tests.kafka.jars import classpath

pytestmark = [
    pytest.mark.needs("containers", "java", "maven", "postgresql"),
    pytest.mark.xdist_group("containers"),
    pytest.mark.timeout(2_400),
]

COMPOSE: Final = image.ROOT / "deploy" / "compose" / "compose.yaml"
GATEWAY: Final = "10.89.7.1"
SERVICES: Final = {"pulse-bot": 8601, "ingest": 8603, "metrics": 8602, "release-watch": 8606}
ELSEWHERE: Final = ("kafka", "clickhouse", "postgres", "workspace")
ONCE: Final = (
    *("retention", "migrate", "topics"),
    *("backup-clickhouse", "backup-ledger", "restore-clickhouse", "restore-ledger"),
)
PEOPLE: Final = 300
SEED: Final = 7
CLOCK_TOKEN: Final = "moves-the-clock-of-this-test"


def say(line: str) -> None:
    """For whoever reads the output of the test: with pytest's -rP or -s."""
    sys.stdout.write(f"\n{line}")


@dataclass
class Stack:
    """Everything, running."""

    docker: Docker
    engines: Engines
    organisation: Organisation
    wave: str
    ready_seconds: dict[str, float]

    def container(self, service: str) -> str:
        return f"draagvlak-{service}-1"

    def inside(self, service: str, *line: str) -> str:
        return self.docker("exec", self.container(service), *line)

    def is_ready(self, service: str) -> bool:
        address = self.docker.address(self.container(service), "draagvlak_data")
        try:
            return httpx.get(f"http://{address}:{SERVICES[service]}/healthz/ready", timeout=10).status_code == 200
        except httpx.HTTPError:
            return False

    def start(self, service: str) -> float:
        """Start a container that was made; gives the seconds until it is ready."""
        began = time.monotonic()
        self.docker("start", self.container(service))
        wait_until(lambda: self.is_ready(service), f"{service} is ready", why_not=lambda: self.tell(service))
        return time.monotonic() - began

    def tell(self, service: str) -> str:
        """How a container is, and the end of what it has written."""
        container = self.container(service)
        address = self.docker.address(container, "draagvlak_data")
        try:
            answer = httpx.get(f"http://{address}:{SERVICES[service]}/healthz/ready", timeout=2).text
        except httpx.HTTPError as error:
            answer = repr(error)
        return f"{self.docker.state(container)}\n{answer}\n{self.docker.log(container)[-6000:]}"

    def run(self, service: str, *line: str) -> str:
        """What `docker compose run` of a service says, with its own command or this one."""
        return self.docker.compose("run", "--rm", "--no-deps", service, *line)

    def stop(self, *services: str) -> None:
        """As `docker compose stop` does."""
        self.docker("stop", *map(self.container, services))

    def trends(self) -> str:
        """What the metrics API says of trust."""
        token = (self.engines.secrets / "token-visitor").read_text().strip()
        address = self.docker.address(self.container("metrics"), "draagvlak_data")
        answer = httpx.get(
            f"http://{address}:8602/v1/trends",
            params={"measure": "trust"},
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
        )
        return answer.text

    def is_closed(self) -> bool:
        """Whether ingest has stored that the round is closed."""
        statement = "SELECT 1 FROM pulse_facts.wave_closes WHERE wave_id = {wave:String}"
        return bool(self.engines.rows(statement, wave=self.wave))

    def releases(self) -> list[tuple[str, str]]:
        """Wave and hash of what was published."""
        return [(wave, sha) for wave, sha in self.engines.rows("SELECT wave_id, sha256 FROM pulse_release.releases")]

    def stored(self) -> dict[tuple[str, str], list[int]]:
        """Ballot and item -> every value that has been stored of it."""
        found: dict[tuple[str, str], list[int]] = {}
        statement = (
            "SELECT toString(ballot_id), item_id, value FROM pulse_ballots.answers FINAL WHERE wave_id = {wave:String}"
        )
        for ballot, item, value in self.engines.rows(statement, wave=self.wave):
            found.setdefault((ballot, item), []).append(value)
        return found


def override(folder: Path) -> Path:
    """What differs from compose.yaml: where the servers are, a bot that is quicker about its rounds, and the longest
    time for an answer that there is: the machine may be busy."""
    services = {name: {"extra_hosts": dict.fromkeys(ELSEWHERE, GATEWAY)} for name in (*SERVICES, *ONCE)}
    services["pulse-bot"]["environment"] = {
        "DRAAGVLAK_TICK_SECONDS": "1",
        "DRAAGVLAK_SEND_PER_MINUTE": "0",
        "DRAAGVLAK_ANSWER_DEADLINE_SECONDS": "2.9",
    }
    ipam = {"config": [{"subnet": "10.89.7.0/24", "gateway": GATEWAY}]}
    networks = {"data": {"internal": True, "ipam": ipam}}  # compose forgets what is not said again
    path = folder / "override.yaml"
    path.write_text(yaml.safe_dump({"services": services, "networks": networks}))
    return path


def environment(folder: Path) -> Path:
    """.env.example, with the folders of this test and what the sandbox needs."""
    path = folder / "env"
    more = {
        "DRAAGVLAK_IMAGE": image.NAME,
        "DRAAGVLAK_SECRETS": folder / "secrets",
        "DRAAGVLAK_CONFIG": folder / "config",
        "DRAAGVLAK_BACKUPS": folder / "backups",
        "DRAAGVLAK_ROSTER_FILE": "/etc/draagvlak/roster.csv",
        "DRAAGVLAK_SLACK_API_URL": "http://workspace:8600/api/",
        "DRAAGVLAK_CLOCK_URL": "http://workspace:8600/clock",
    }
    told = "".join(f"{name}={value}\n" for name, value in more.items())
    path.write_text((COMPOSE.parent / ".env.example").read_text() + told)
    return path


def make_secrets(docker: Docker, folder: Path) -> None:
    """With the command that the documents name, as the user of the image; and one token more, to move the clock."""
    folder.mkdir(mode=0o700)
    os.chown(folder, 10001, 10001)
    told = docker.compose("run", "--rm", "secrets", "secrets", "init", "/secrets", "--sandbox")
    tokens = folder / "tokens.yaml"
    assert tokens.exists(), told
    entry = {"name": "test", "sha256": sha256(CLOCK_TOKEN.encode()).hexdigest(), "scopes": ["clock:write"]}
    tokens.write_text(yaml.safe_dump([*yaml.safe_load(tokens.read_text()), entry]))


def once(docker: Docker, service: str) -> None:
    """Run a service that ends; it must have gone well."""
    told = docker.compose("up", "--no-deps", "--detach", service)
    container = f"draagvlak-{service}-1"

    def ended() -> bool:
        state = docker.state(container)
        return state["Status"] == "exited" and not state["Restarting"]

    wait_until(ended, f"{service} ends: {told}")
    assert docker.state(container)["ExitCode"] == 0, docker.log(container)


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """The image, built; and everything up, with an open wave to which all have been invited."""
    folder = Path(tempfile.mkdtemp(prefix="dv-", dir="/var/tmp"))  # sockets have short names
    try:
        with ExitStack() as held:
            began = time.monotonic()
            archive = image.build(_made(folder / "image"))
            say(f"building took {time.monotonic() - began:.0f} s")
            classpath()  # fetched while there is a network
            held.enter_context(dockers.own_network())
            yield from _running(folder, archive, held)
    finally:
        _unmount(folder)
        shutil.rmtree(folder, ignore_errors=True)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _unmount(folder: Path) -> None:
    """What building left mounted, should it have been cut off."""
    for line in reversed(Path("/proc/self/mounts").read_text().splitlines()):
        if line.split()[1].startswith(str(folder)):
            os.system(f"umount --lazy {line.split()[1]}")


def _running(folder: Path, archive: Path, held: ExitStack) -> Iterator[Stack]:
    began = time.monotonic()
    arguments = ["--env-file", str(environment(folder)), "--file", str(COMPOSE), "--file", str(override(folder))]
    docker = held.enter_context(dockers.running(folder / "docker", arguments))
    docker("load", "--quiet", "--input", str(archive))
    say(f"loading took {time.monotonic() - began:.0f} s")
    archive.unlink()
    make_secrets(docker, folder / "secrets")
    os.chown(_made(folder / "backups"), 10001, 10001)
    organisation = build(generated(PEOPLE, SEED, waves=1), SEED)
    kafka = json.loads(docker.compose("config", "--format", "json"))["services"]["kafka"]["environment"]
    engines = held.enter_context(
        servers.running(_made(folder / "engines"), folder / "secrets", kafka, organisation, folder / "config")
    )
    say(f"servers took {time.monotonic() - began:.0f} s")
    held.callback(docker.compose, "--profile", "*", "down", "--volumes", "--timeout", "5")
    once(docker, "migrate")
    once(docker, "topics")
    approved = docker.compose(
        *("run", "--rm", "--no-deps", "pulse-bot", "waves", "plan", "--approve"),
        *("--by", organisation.plan.campaign.champions[0]),
    )
    docker.compose("up", "--no-deps", "--no-start", *SERVICES, "retention")
    wave = organisation.plan.campaign.wave_id(1)
    stack = Stack(docker, engines, organisation, wave, {})
    docker("start", stack.container("retention"))
    for service in ("metrics", "release-watch", "ingest", "pulse-bot"):
        stack.ready_seconds[service] = stack.start(service)
    opens = organisation.plan.campaign.schedule.opens_at(1)
    engines.move_clock((opens + timedelta(hours=6)).isoformat(), CLOCK_TOKEN)

    def invited() -> bool:
        counts = engines.ledger.read_now(lambda connection: invitations.delivery_counts(connection, wave))
        return counts.get(DeliveryState.SENT, 0) >= PEOPLE * 0.95

    say(f"starting took {time.monotonic() - began:.0f} s")
    wait_until(
        invited, f"everybody is invited: {approved}", 240, lambda: docker.log(stack.container("pulse-bot"))[-6000:]
    )
    yield stack


def test_services_run_as_nobody_special_on_a_root_that_they_cannot_change(stack: Stack) -> None:
    for service in (*SERVICES, "retention"):
        assert stack.inside(service, "sh", "-c", "id -u; id -g").split() == ["10001", "10001"], service
        status = dict(
            line.split(":\t", 1)
            for line in stack.inside(service, "cat", "/proc/self/status").splitlines()
            if ":\t" in line
        )
        assert {status[name] for name in ("CapEff", "CapPrm", "CapBnd")} == {"0" * 16}, service
        assert status["NoNewPrivs"] == "1", service
        refused = stack.docker("exec", stack.container(service), "touch", "/opt/draagvlak/x", "/x", check=False)
        assert refused.count("Read-only file system") == 2, service
        assert stack.inside(service, "sh", "-c", "touch /tmp/x && rm /tmp/x && echo written") == "written\n"


def test_the_image_has_no_sandbox_and_no_package_manager(stack: Stack) -> None:
    script = (
        "import importlib.util as i; print([n for n in ('sandbox','chdb','pip','uv','pandas','statsmodels') "
        "if i.find_spec(n) and '/opt/' in str(i.find_spec(n).origin)])"
    )
    assert stack.inside("pulse-bot", "python", "-c", script).strip() == "[]"
    shown = stack.docker("exec", stack.container("pulse-bot"), "draagvlak", "demo", check=False)
    assert "the sandbox is not part of this installation" in shown
    assert "Run the Slack bot" in stack.inside("pulse-bot", "draagvlak", "--help")


def test_health_as_compose_asks_for_it(stack: Stack) -> None:
    for service in SERVICES:
        wait_until(
            lambda name=service: stack.docker.state(stack.container(name))["Health"]["Status"] == "healthy",
            f"{service} is healthy: {stack.docker.state(stack.container(service))['Health']}",
        )


def test_data_leads_nowhere_and_kafka_wants_a_password(stack: Stack) -> None:
    script = (
        "from kafka import KafkaAdminClient as A\n"
        "try:\n  A(bootstrap_servers='kafka:9092', bootstrap_timeout_ms=4000)\n"
        "except Exception as e: print(type(e).__name__)\n"
        "else: print('let in')"
    )
    assert stack.inside("ingest", "python", "-c", script).strip().splitlines()[-1] != "let in"
    assert stack.docker("network", "inspect", "--format", "{{.Internal}}", "draagvlak_data") == "true\n"


def test_how_soon_services_are_ready_and_how_much_memory_they_take(stack: Stack) -> None:
    script = (
        "import os, pathlib, re\n"
        "def memory(p):\n"
        "  try: line, status = ((p / name).read_text() for name in ('cmdline', 'status'))\n"
        "  except OSError: return 0  # it has ended, as checks of health do\n"
        "  found = re.search(r'VmRSS:\\s+(\\d+)', status)\n"
        "  return int(found[1]) if found and '/opt/draagvlak/bin/draagvlak' in line else 0\n"
        "others = [p for p in pathlib.Path('/proc').glob('[0-9]*') if p.name != str(os.getpid())]\n"
        "print(sum(map(memory, others)))"
    )
    for service in SERVICES:
        megabytes = int(stack.inside(service, "python", "-c", script)) / 1024
        say(f"{service}: ready after {stack.ready_seconds[service]:.1f} s, {megabytes:.0f} MB")
        assert 10 < megabytes < 512


def test_answers_go_through_and_ending_services_under_load_loses_none(stack: Stack) -> None:
    """100 clicks a second for 12 s; meanwhile bot and ingest are told to end, and are started again."""
    bank = load_items(LedgerSettings().items_file)
    items = [item.id for item in stack.organisation.plan.campaign.items_of(1, bank)]
    people = [person.member for person in stack.organisation.people]
    clicks = [
        Click(person, item, step, 1 + (number + step) % 5)
        for step, item in enumerate(items)
        for number, person in enumerate(people)
    ][:1200]
    ended: dict[str, int] = {}

    def replace(service: str) -> None:
        ended[service] = dockers.interrupt(stack.docker, stack.container(service))
        stack.ready_seconds[service] = stack.start(service)

    async def during() -> None:
        await asyncio.sleep(3)
        await asyncio.gather(asyncio.to_thread(replace, "pulse-bot"), asyncio.to_thread(replace, "ingest"))

    secret = (stack.engines.secrets / "slack-signing-secret").read_text().strip()
    workspace = stack.organisation.plan.workspace
    outcome = asyncio.run(press(clicks, 100, stack.wave, workspace, secret, GATEWAY, during))
    confirmed, again = set(outcome.confirmed), outcome.again
    say(
        f"{len(clicks)} clicks while ingest and bot were replaced: {len(confirmed)} confirmed, "
        f"{len(outcome.press_again)} asked to press again, {len(outcome.unanswered)} met a bot that was away, "
        f"{len(outcome.unshown)} were shown nothing"
    )
    # People who saw no next question press again, ever more slowly.
    for rate in (50, 25, 20, 15, 10, 10, 10, 10, 5, 5, 5, 5):
        if not again:
            break
        later = asyncio.run(press(sorted(again, key=str), rate, stack.wave, workspace, secret, GATEWAY))
        assert not later.unshown, "a bot that goes on answers every press"
        confirmed |= later.confirmed
        again = later.again
    assert confirmed == set(clicks)
    key = WaveKeyRows(stack.engines.ledger).read(stack.wave)
    expected = {(ballot_id(key, workspace, click.person), click.item): [click.value] for click in confirmed}
    wait_until(
        lambda: expected.keys() <= stack.stored().keys(),
        "every confirmed answer is stored",
        why_not=lambda: stack.tell("ingest"),
    )
    stored = stack.stored()
    lost = [place for place, value in expected.items() if stored.get(place) != value]
    say(f"{len(confirmed)} confirmed in the end, {len(stored)} stored, {len(lost)} lost or changed")
    assert stored == expected
    # The bot's server ends in order and then passes the signal on to itself: 128 + SIGTERM.
    assert ended == {"ingest": 0, "pulse-bot": 143}
    assert "Application shutdown complete" in stack.docker.log(stack.container("pulse-bot"))
    for service in SERVICES:
        assert not stack.docker.state(stack.container(service))["OOMKilled"], service


def test_a_lost_ledger_is_brought_back_and_nobody_is_asked_twice(stack: Stack) -> None:
    """As deploy/README.md says it, while the round is open: its key is in no backup, so it closes."""
    made = stack.run("backup-ledger", "backup", "ledger", "create")
    assert "no wave key; read back and whole" in made, made
    asked, members = stack.engines.asked(), stack.engines.members()
    assert len(asked) >= PEOPLE * 0.95

    stack.stop("pulse-bot")
    stack.engines.lose_ledger()
    restored = stack.run("restore-ledger")
    assert f"{stack.wave} was open: its key is gone" in restored, restored
    assert stack.engines.members() == members
    stack.start("pulse-bot")
    synced = stack.run("pulse-bot", "roster", "sync")
    wait_until(stack.is_closed, f"the round is closed: {synced}", why_not=lambda: stack.tell("pulse-bot"))
    assert stack.engines.asked() == asked
    assert stack.engines.members() == members


def test_a_lost_clickhouse_is_brought_back_with_every_release_as_it_was(stack: Stack) -> None:
    """As deploy/README.md says it: the release stands there by its hash, and the metrics API shows the same."""
    wait_until(stack.releases, "the wave is released", why_not=lambda: stack.tell("release-watch"))
    wait_until(lambda: '"trust"' in stack.trends(), "the metrics API shows it", why_not=stack.trends)
    before, shown = stack.releases(), stack.trends()
    made = stack.run("backup-clickhouse", "backup", "clickhouse", "create")
    assert "1 released waves, read back and whole" in made, made

    stack.stop("ingest", "release-watch", "retention", "metrics")
    stack.engines.lose_store()
    told = stack.run("migrate")
    assert stack.releases() == [], told
    restored = stack.run("restore-clickhouse")
    assert "1 releases, each with the hash that was published" in restored, restored
    assert "partitions of Kafka from the beginning: start it now" in restored
    for service in ("ingest", "release-watch", "metrics"):
        stack.start(service)
    assert stack.releases() == before
    wait_until(lambda: stack.trends() == shown, "the metrics API shows the same", why_not=stack.trends)
