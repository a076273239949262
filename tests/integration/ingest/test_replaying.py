"""`draagvlak dead-letters replay`: byte for byte, with the wave's day, never into a released wave, and once."""

from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import clickhouse_connect
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError

from sandbox.stack.secret_files import Role
from services.contracts import wire
from services.contracts.events import DeadLetter, OutcomeMeasured, WaveEnd
from services.contracts.topics import TopicName, record_timestamp_ms
from services.ingest.commands.dead_letters import dead_letters as command
from tests.integration.ingest.events import answer, opened
from tests.integration.ingest.platform import Platform, Writer, platform, wait_until
from tests.kafka.reading import everything


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform on which ingest runs all the time."""
    with platform(tmp_path_factory.mktemp("replaying")) as built, built.running_ingest():
        yield built


@pytest.fixture(autouse=True)
def no_letters(there: Platform) -> None:
    """Each test has letters of its own in the table."""
    for table in ("dead_letters", "replayed_letters"):
        there.change(f"TRUNCATE TABLE pulse_ballots.{table}")


def run(there: Platform, *arguments: str) -> tuple[int, str]:
    return there.inside(command, Role.DEAD_LETTERS, *arguments)


def letter(there: Platform, number: int, wave: str, raw: bytes, topic: TopicName = TopicName.ANSWERS) -> None:
    """A letter in the restricted table, as an older ingest put it there for a fault that is mended now."""
    fields = "'{topic}', '{number:064}', '{wave}', '{key}', unhex('{raw}'), 'unknown_version', 'old software', '0.0.1'"
    values = fields.format(topic=topic, number=number, wave=wave, key=f"{number:032x}", raw=raw.hex())
    there.change(f"INSERT INTO pulse_ballots.dead_letters VALUES ({values})")


def open_wave(there: Platform, writer: Writer, wave: str) -> None:
    writer.event(TopicName.WAVES, opened(wave), wave)
    writer.flush()
    wait_until(lambda: there.count("pulse_facts.waves", wave), "the wave is stored")


def records_of(there: Platform, topic: TopicName, wave: str) -> list[Any]:
    """All records of the wave in a topic."""
    return [record for record in everything(there.bootstrap, topic) if wave.encode() in record.value]


def test_answers_go_back_byte_for_byte_with_their_key_and_the_day_of_their_wave_and_once(
    there: Platform, writer: Writer
) -> None:
    first_day = record_timestamp_ms(datetime.now(UTC).date())
    open_wave(there, writer, "mended")
    raws = {number: b" " + wire.encode(answer("mended", number)) for number in range(1, 8)}
    for number, raw in raws.items():
        letter(there, number, "mended", raw)

    code, said = run(there, "replay", "--wave", "mended", "--dry-run")
    assert (code, "would write back 7 to pulse.answers.v1" in said) == (0, True), said
    assert records_of(there, TopicName.ANSWERS, "mended") == []

    code, said = run(there, "replay", "--wave", "mended")
    assert code == 0, said
    assert said.splitlines() == [
        "writing back: 0 of 7",
        "writing back: 7 of 7",
        "wrote back 7 to pulse.answers.v1",
        "nothing stays",
    ]
    written = records_of(there, TopicName.ANSWERS, "mended")
    assert {record.key: record.value for record in written} == {f"{n:032x}".encode(): raw for n, raw in raws.items()}
    (stamp,) = {record.timestamp for record in written}
    assert stamp in (first_day, first_day + 86_400_000), "midnight of the day on which the wave was opened"
    wait_until(lambda: there.count("pulse_ballots.answers", "mended") == 7, "ingest has stored them")

    code, said = run(there, "replay", "--wave", "mended")
    assert (code, "7 were written back before and are left out" in said) == (0, True)
    assert len(records_of(there, TopicName.ANSWERS, "mended")) == 7
    assert run(there, "list", "--wave", "mended")[1].count("(replayed)") == 7
    assert run(there, "replay", "--wave", "mended", "--again")[0] == 0
    assert len(records_of(there, TopicName.ANSWERS, "mended")) == 14
    wait_until(lambda: there.behind(writer) == 0, "all are taken in")
    assert there.count("pulse_ballots.answers", "mended") == 7


def test_what_cannot_go_back_stays_with_its_reason_and_holds_nothing_else_up(there: Platform, writer: Writer) -> None:
    for wave in ("open", "over", "half"):
        open_wave(there, writer, wave)
    there.change("INSERT INTO pulse_release.releases SELECT 'over', now64(3), now64(3), repeat('0', 64), ''")
    there.change("INSERT INTO pulse_ballots.wave_rewrites VALUES ('half', 1)")
    letter(there, 1, "over", wire.encode(answer("over", 1)))
    letter(there, 2, "half", wire.encode(answer("half", 2)))
    letter(there, 3, "", b"{")
    letter(there, 4, "never", wire.encode(answer("never", 4)))
    letter(there, 5, "open", wire.encode(WaveEnd(wave_id="open")))
    letter(there, 6, "open", wire.encode(answer("open", 6)).replace(b'"version":1', b'"version":2'))
    letter(there, 7, "open", wire.encode(answer("open", 7, value=9)))
    letter(there, 8, "open", wire.encode(answer("open", 8)))
    code, said = run(there, "replay", "--topic", "pulse.answers.v1")
    assert code == 1
    assert said.count("stays: ") == 7, said
    for sentence in (
        "over is released: it never changes any more",
        "half is being released",
        "its wave cannot be read, so nobody knows whether that is released",
        "the opening of never is not in the topic of waves",
        "a closing marker belongs to a partition",
        "it would be put aside again: unknown_version: only version 1 is known",
        "it would be put aside again: outside_wave: value: the scale of A1 has 5 points",
    ):
        assert sentence in said
    assert "wrote back 1 to pulse.answers.v1" in said
    assert "7 stay" in said
    wait_until(lambda: there.count("pulse_ballots.answers", "open") == 1, "the good one is stored")
    assert records_of(there, TopicName.ANSWERS, "over") == []


def test_a_letter_of_the_topic_goes_back_to_where_it_came_from(there: Platform, writer: Writer) -> None:
    outcome = OutcomeMeasured(
        outcome_id="o-1",
        node_id="t",
        measure="minutes",
        value=2.5,
        unit="minutes",
        period_start=date(2026, 1, 1),
        period_end=date(2026, 3, 31),
    )
    mended = b" " + wire.encode(outcome)
    for raw, text in ((mended, "old software"), (b"{", "only the first 1 of 99 bytes are kept")):
        put_aside = DeadLetter(
            source_topic=TopicName.OUTCOMES,
            source_partition=0,
            source_offset=7,
            error_class="unknown_version",
            error_text=text,
            raw=b64encode(raw).decode(),
        )
        writer.event(TopicName.DEAD_LETTERS, put_aside, "o-1")
    writer.raw(TopicName.DEAD_LETTERS, b"no letter", b"x")
    writer.flush()
    code, said = run(there, "replay", "--topic", "pulse.outcomes.v1")
    assert (code, "only its first bytes were kept" in said) == (1, True)
    assert "wrote back 1 to pulse.outcomes.v1" in said
    wait_until(lambda: there.rows("SELECT value FROM pulse_facts.outcomes WHERE outcome_id = 'o-1'"), "it is stored")
    (written,) = records_of(there, TopicName.OUTCOMES, "o-1")
    assert (written.key, written.value) == (b"o-1", mended)
    assert "wrote back" not in run(there, "replay", "--topic", "pulse.outcomes.v1")[1]
    assert "it is no dead letter" in run(there, "replay", "--class", "not_a_dead_letter")[1]


def test_letters_are_listed_and_replayed_by_topic_class_wave_and_id(there: Platform, writer: Writer) -> None:
    open_wave(there, writer, "sieve")
    for number in range(1, 4):
        letter(there, number * 10**60, "sieve", wire.encode(answer("sieve", number)))
    assert run(there, "list", "--wave", "sieve")[1].endswith("3 dead letters\n")
    assert run(there, "list", "--class", "not_json")[1] == "0 dead letters\n"
    assert run(there, "list", "--topic", "pulse.comments.v1")[1] == "0 dead letters\n"
    one = f"{2 * 10**60:064}"[:12]
    assert "answer.given" in run(there, "show", one)[1]
    code, said = run(there, "replay", one)
    assert (code, "wrote back 1" in said) == (0, True), said
    wait_until(lambda: there.count("pulse_ballots.answers", "sieve") == 1, "that one is stored")
    assert run(there, "list", "--wave", "sieve")[1].count("(replayed)") == 1
    code, said = run(there, "replay")
    assert (code, "name what to replay" in said) == (2, True)


def test_the_role_marks_what_it_replayed_and_writes_nothing_else(there: Platform) -> None:
    with clickhouse_connect.get_client(**there.store.connect(Role.DEAD_LETTERS)) as client:
        for table in ("answers", "dead_letters", "replayed_letters"):
            with pytest.raises(DatabaseError, match="code: 497"):
                client.command(f"ALTER TABLE pulse_ballots.{table} DELETE WHERE 1")
        with pytest.raises(DatabaseError, match="code: 497"):
            client.command("INSERT INTO pulse_ballots.withdrawals VALUES ('w', repeat('0', 32), 1)")
