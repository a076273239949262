"""ClickHouse backed up, wiped and restored: every release identical by hash, and the API answers the same."""

import shutil
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from random import Random

import clickhouse_connect
import orjson
import pytest
import yaml
from fastapi.testclient import TestClient

from sandbox.stack.secret_files import Role
from services.contracts import wire
from services.contracts.base import Text
from services.contracts.events import AnswerGiven, CommentGiven, UnitCount, WaveClosed, WaveOpened
from services.contracts.topics import TopicName
from services.contracts.tree import Cadence, WaveNode
from services.ingest.backing_up.tables import KEPT, LEFT_OUT
from services.ingest.commands.backup import backup as clickhouse
from services.ingest.commands.schema import migrate
from services.metrics.cli import release
from services.metrics.released.archive import Archive
from services.metrics.routes.application import create_app
from services.runtime.backups import MANIFEST
from services.runtime.tokens import TokenFile
from tests import kafka
from tests.integration.ingest.events import ITEMS
from tests.integration.ingest.platform import Platform, Writer, platform, wait_until
from tests.obstacles import obstacle

pytestmark = pytest.mark.needs("java", "maven")

TEAMS = {"north": (40, 30), "south": (60, 45), "tiny": (7, 7)}
FIRST, SECOND = "c-w01", "c-w02"
GOLDEN = Path("tests/contract/golden")


def opened(wave_id: str, week: int) -> WaveOpened:
    """A wave of three teams."""
    nodes = [WaveNode(id="organisation", parent=None, name=_text("Zorg"), invited=0, cadence=Cadence.WAVE)]
    nodes += [
        WaveNode(id=team, parent="organisation", name=_text(team), invited=invited, cadence=Cadence.WAVE)
        for team, (invited, _) in TEAMS.items()
    ]
    return WaveOpened(
        wave_id=wave_id,
        campaign_id="c",
        title=_text(wave_id),
        opens_at=datetime(2026, 3, week, 8, tzinfo=UTC),
        closes_at=datetime(2026, 3, week + 7, 8, tzinfo=UTC),
        items=ITEMS,
        nodes=tuple(nodes),
    )


def closed(wave_id: str, week: int) -> WaveClosed:
    """Its end, with everybody counted who answered."""
    units = tuple(UnitCount(node_id=t, acknowledged=n, with_revision=n) for t, (_, n) in TEAMS.items())
    return WaveClosed(wave_id=wave_id, closed_at=datetime(2026, 3, week + 7, 8, tzinfo=UTC), units=units)


def _text(words: str) -> Text:
    return Text(nl=words, en=words)


def write_wave(writer: Writer, wave_id: str, week: int) -> None:
    """A whole wave into Kafka, as the bot writes it: seeded answers, comments, markers, the close."""
    chance = Random(wave_id)
    writer.event(TopicName.WAVES, opened(wave_id, week), wave_id)
    for team, (_, answered) in TEAMS.items():
        for person in range(answered):
            ballot = sha256(f"{wave_id}{team}{person}".encode()).hexdigest()[:32]
            for item in ITEMS:
                event = AnswerGiven(
                    wave_id=wave_id,
                    ballot_id=ballot,
                    node_id=team,
                    item_id=item.id,
                    value=chance.randint(1, 5),
                    revision=1,
                )
                writer.event(TopicName.ANSWERS, event, ballot)
    for number in range(12):
        comment_id = sha256(f"{wave_id}{number}".encode()).hexdigest()[:32]
        comment = CommentGiven(comment_id=comment_id, wave_id=wave_id, question="OQ1", text=f"said {number}")
        writer.event(TopicName.COMMENTS, comment, comment_id)
    writer.markers(wave_id)
    writer.event(TopicName.WAVES, closed(wave_id, week), f"{wave_id}|closed")
    writer.flush()


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """Apache Kafka and a store, with topics and tables."""
    with (
        kafka.running(tmp_path_factory.mktemp("kafka")) as cluster,
        platform(tmp_path_factory.mktemp("backups"), cluster.bootstrap) as built,
    ):
        yield built


@pytest.fixture(scope="module")
def made(there: Platform) -> Mapping[str, str]:
    """One released wave, announcements and outcomes, and a backup of it; then a second wave, released after it.

    Gives wave -> hash, and under "answers" what the API said of everything.
    """
    writer = Writer(there.bootstrap)
    with there.running_ingest():
        write_wave(writer, FIRST, 2)
        for topic, name in (
            (TopicName.ANNOUNCEMENTS, "announcement.published.v1"),
            (TopicName.OUTCOMES, "outcome.measured.v1"),
        ):
            event = wire.parse(topic, orjson.dumps(orjson.loads((GOLDEN / f"{name}.json").read_bytes())["event"])).event
            writer.event(topic, event, "key")
        writer.flush()
        wait_until(lambda: stored(there, FIRST), "the first wave is stored")
        for table in ("outcomes", "announcements"):
            query = f"SELECT count() FROM pulse_facts.{table}"
            wait_until(lambda query=query: there.rows(query)[0][0], f"what the table of {table} holds is stored")
        hashes = {FIRST: released(there, FIRST)}
        code, said = there.inside(clickhouse, Role.BACKUP, "create", **folder(there))
        assert code == 0, said
        assert "1 released waves, read back and whole" in said
        write_wave(writer, SECOND, 16)
        wait_until(lambda: stored(there, SECOND), "the second wave is stored")
        hashes[SECOND] = released(there, SECOND)
    writer.close()
    return hashes | {"answers": answers_of_the_api(there)}


def stored(there: Platform, wave_id: str) -> bool:
    """Whether the wave can be released: its close is there, and every marker."""
    return there.count("pulse_facts.wave_closes", wave_id) == 1 and there.markers(wave_id) == 15


def released(there: Platform, wave_id: str) -> str:
    """Release a wave; gives the hash of what was published."""
    code, said = there.inside(release, Role.RELEASE, wave_id)
    assert code == 0, said
    return said.split("sha256 ")[1].strip()


def folder(there: Platform) -> dict[str, str]:
    """Where the backups are."""
    return {"DRAAGVLAK_BACKUP_FOLDER": str(there.folder / "backups")}


def newest(there: Platform) -> Path:
    """The one backup."""
    (found,) = (there.folder / "backups").glob("clickhouse-*Z")
    return found


def answers_of_the_api(there: Platform) -> str:
    """What the metrics API says to each question, as one text."""
    tokens = there.folder / "tokens.yaml"
    entry = {"name": "reader", "sha256": sha256(b"reader").hexdigest(), "scopes": ["metrics:read"]}
    tokens.write_text(yaml.safe_dump([entry]))
    archive = Archive(
        lambda: clickhouse_connect.get_client(**there.store.connect("metrics")), interval=0.05, obstacle=obstacle()
    )
    with TestClient(create_app(archive, TokenFile(tokens)), headers={"Authorization": "Bearer reader"}) as client:
        wait_until(lambda: archive.copy is not None, "the API has read")
        paths = [path for path in client.get("/v1/openapi.json").json()["paths"] if "{" not in path]
        paths += [f"/v1/releases/{wave}" for wave in (FIRST, SECOND)]
        said = {path: client.get(path, params={"measure": "trust"}) for path in paths}
    assert len(said) > 20
    assert {answer.status_code for answer in said.values()} == {200}
    return "\n".join(answer.text for answer in said.values())


def wipe(there: Platform) -> None:
    """ClickHouse as it is after its disk was lost: empty tables; and every ingest has left its group."""
    group = "pulse-ingest"
    wait_until(lambda: not there.admin.describe_groups([group])[group]["members"], "ingest has left its group")
    for database in ("pulse_ballots", "pulse_facts", "pulse_release"):
        there.change(f"DROP DATABASE {database} SYNC")
    code, said = there.inside(migrate, Role.ADMIN, "apply")
    assert code == 0, said


def test_a_backup_is_refused_by_name_when_a_byte_is_another_or_a_file_is_missing(
    there: Platform, made: Mapping[str, str]
) -> None:
    whole = newest(there)
    wipe(there)
    broken = there.folder / "broken"
    for name, change in (
        ("pulse_release.cells.native", "damaged"),
        ("pulse_facts.nodes.native", "missing"),
        (MANIFEST, "damaged"),
        ("pulse_ballots.answers.native", "no part of this backup"),
    ):
        shutil.rmtree(broken, ignore_errors=True)
        copy = shutil.copytree(whole, broken / whole.name)
        path = copy / name
        if change == "missing":
            path.unlink()
        elif change == "damaged":
            content = bytearray(path.read_bytes())
            content[len(content) // 2] ^= 1
            path.write_bytes(content)
        else:
            path.write_bytes(b"ballots")
        code, said = there.inside(clickhouse, Role.ADMIN, "restore", DRAAGVLAK_BACKUP_FOLDER=str(broken))
        assert code == 1
        assert f"{name} is {change}" in said
    assert there.rows("SELECT sum(total_rows) FROM system.tables WHERE database = 'pulse_release'") == [(0,)]


def test_after_a_wipe_every_release_is_the_same_by_hash_and_the_api_answers_the_same(
    there: Platform, made: Mapping[str, str]
) -> None:
    wipe(there)
    code, said = there.inside(clickhouse, Role.ADMIN, "restore", **folder(there))
    assert code == 0, said
    assert "1 releases, each with the hash that was published" in said
    assert hashes(there) == {FIRST: made[FIRST]}
    with there.running_ingest():  # and reads Kafka from the beginning: the wave that no backup has comes back
        wait_until(lambda: stored(there, SECOND), "the second wave came back from Kafka")
        assert released(there, SECOND) == made[SECOND]
        wait_until(lambda: there.count("pulse_facts.wave_closes", SECOND), "everything is read")
    assert hashes(there) == {wave: made[wave] for wave in (FIRST, SECOND)}
    assert there.count("pulse_ballots.answers", FIRST) == 0, "answers of a released wave do not come back"
    assert answers_of_the_api(there) == made["answers"]


def test_what_holds_rows_is_not_restored_into(there: Platform, made: Mapping[str, str]) -> None:
    code, said = there.inside(clickhouse, Role.ADMIN, "restore", **folder(there))
    assert code == 1
    assert "holds" in said
    assert "a backup goes into empty tables only" in said


def test_while_ingest_runs_nothing_is_restored(there: Platform, made: Mapping[str, str]) -> None:
    wipe(there)
    with there.running_ingest() as ingest:
        wait_until(ingest.ready, "ingest has its partitions")
        there.change("TRUNCATE TABLE pulse_facts.waves")
        for table in [table.full_name for table in KEPT] + list(LEFT_OUT):
            if table != "pulse_facts.schema_migrations":
                there.change(f"TRUNCATE TABLE {table}")
        code, said = there.inside(clickhouse, Role.ADMIN, "restore", **folder(there))
    assert code == 1
    assert "ingest is running (1 in the group pulse-ingest)" in said


def test_it_is_known_of_every_table_whether_a_backup_holds_it(there: Platform) -> None:
    tables = there.rows(
        "SELECT database || '.' || name FROM system.tables"
        " WHERE database IN ('pulse_ballots', 'pulse_facts', 'pulse_release')"
    )
    assert {name for (name,) in tables} == {table.full_name for table in KEPT} | set(LEFT_OUT), (
        "say in services/ingest/backing_up/tables.py whether a backup holds the new table, and why not"
    )


def test_a_backup_holds_no_ballot_and_no_comment(there: Platform, made: Mapping[str, str]) -> None:
    content = b"".join(path.read_bytes() for path in newest(there).iterdir())
    ballots = [sha256(f"{FIRST}north{person}".encode()).hexdigest()[:32].encode() for person in range(30)]
    assert not [ballot for ballot in ballots if ballot in content]
    assert b"said 3" not in content
    assert made[FIRST].encode() in content


def hashes(there: Platform) -> dict[str, str]:
    """Wave -> hash of the published bytes, computed from these bytes."""
    rows = there.rows("SELECT wave_id, document, toString(sha256) FROM pulse_release.releases FINAL")
    found = {wave: sha256(document.encode()).hexdigest() for wave, document, _ in rows}
    assert found == {wave: kept for wave, _, kept in rows}
    return found
