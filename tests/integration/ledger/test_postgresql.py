"""PostgreSQL as the ledger: keys that leave no trace in its files, crashes, and bots that share it."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection, func, select, text

from services.contracts.base import Language
from services.pulse_bot.answers.ballot import ballot_id
from services.pulse_bot.answers.book import WaveBook
from services.pulse_bot.ledger import ballots, closing, invitations, waves
from services.pulse_bot.ledger.ballots import Refusal
from services.pulse_bot.ledger.invitations import Member
from services.pulse_bot.ledger.key_places import wave_keys
from services.pulse_bot.ledger.keys import KeyLost
from services.pulse_bot.ledger.models import BallotRevisionRow, WaveState
from services.pulse_bot.ledger.store import Ledger
from services.pulse_bot.ledger.writer import LedgerAway
from services.pulse_bot.waves.planning import plan
from tests.integration.ledger.test_ledger import BANK, CAMPAIGN, TODAY, UNITS, WAVE, WS
from tests.postgres import Postgres

pytestmark = pytest.mark.needs("postgresql")
PEOPLE = [f"U{n:04}" for n in range(40)]


@pytest.fixture
def address(postgres: Postgres) -> str:
    """A database of the test's own."""
    return postgres.new_database()


@pytest.fixture
def two(address: str) -> Iterator[tuple[Ledger, Ledger]]:
    """The same ledger as two bots have it, with an open wave of forty people."""
    first, second = Ledger(address), Ledger(address)
    first.write_now(plan(CAMPAIGN, BANK))
    members = [Member(WS, name, UNITS[n % 2], Language.NL, None) for n, name in enumerate(PEOPLE)]

    def prepare(connection: Connection) -> None:
        invitations.put_members(connection, members)
        invitations.invite(connection, WAVE, members, [m.node_id for m in members])
        waves.move(connection, WAVE, [WaveState.PLANNED], WaveState.OPEN, opened_on=TODAY)

    first.write_now(prepare)
    yield first, second
    first.close()
    second.close()


def keys_of(ledger: Ledger, tmp_path: object) -> object:
    return wave_keys(ledger, tmp_path)  # type: ignore[arg-type]


def test_the_key_of_a_closed_wave_is_in_no_file_of_the_server_write_ahead_log_included(
    two: tuple[Ledger, Ledger], postgres: Postgres
) -> None:
    ledger, other = two
    keys = keys_of(ledger, None)
    key, of_another_wave = keys.ensure(WAVE), keys.ensure("another")
    assert keys_of(other, None).ensure(WAVE) == key
    ids = [ballot_id(key, WS, name) for name in PEOPLE]
    for name, ballot in zip(PEOPLE, ids, strict=True):
        assert ledger.write_now(ballots.take_revision(WAVE, WS, name, ballot)).number == 1
    postgres.restart()  # in order, so that all that was in memory is in files
    raw = postgres.raw()
    assert key in raw
    assert sum(ballot.encode() in raw for ballot in ids) == len(ids)
    with pytest.raises(LedgerAway):  # the first to notice
        ledger.write_now(closing.erase(WAVE))
    assert keys.read(WAVE) == key
    for _ in range(2):
        keys.destroy(WAVE)
        ledger.write_now(closing.erase(WAVE))
        ledger._writer.submit_outside_transaction(closing.scrub).result()
        raw = postgres.raw()
        assert key not in raw
        assert not [ballot for ballot in ids if ballot.encode() in raw]
    with pytest.raises(KeyLost, match=WAVE):
        keys.read(WAVE)
    assert keys.read("another") == of_another_wave
    keys.destroy("another")
    postgres.restart()
    raw = postgres.raw()
    assert key not in raw
    assert of_another_wave not in raw


async def test_after_a_crash_of_the_server_the_keys_are_lost_and_nobody_answers_under_an_old_one(
    two: tuple[Ledger, Ledger], postgres: Postgres
) -> None:
    ledger, _ = two
    keys = keys_of(ledger, None)
    key = keys.ensure(WAVE)
    book = WaveBook(ledger, keys)  # type: ignore[arg-type]
    assert (await book.find(WAVE)) is not None
    ballot = ballot_id(key, WS, PEOPLE[0])
    ledger.write_now(ballots.take_revision(WAVE, WS, PEOPLE[0], ballot))
    ledger.write_now(ballots.mark_answered(WAVE, WS, PEOPLE[0]))
    postgres.restart(crash=True)
    with pytest.raises(LedgerAway):
        ledger.write_now(ballots.take_revision(WAVE, WS, PEOPLE[0], ballot))
    assert await book.find(WAVE) is None
    with pytest.raises(KeyLost):
        keys.read(WAVE)
    assert ledger.read_now(lambda c: c.execute(select(func.count()).select_from(BallotRevisionRow)).scalar()) == 0
    ledger.write_now(lambda c: waves.begin_closing(c, WAVE, "test"))
    ledger.write_now(closing.freeze_counts(WAVE, UNITS, waves_closed_at(ledger)))
    counts = ledger.read_now(lambda c: closing.unit_counts(c, WAVE))
    assert [(c.acknowledged, c.with_revision) for c in counts] == [(1, 20), (0, 20)]  # anybody may have a ballot


def waves_closed_at(ledger: Ledger) -> object:
    return ledger.read_now(lambda c: waves.find(c, WAVE)).closes_at


def test_two_bots_count_one_ballots_revisions_together_without_a_gap_or_a_double(
    two: tuple[Ledger, Ledger],
) -> None:
    def press(number: int) -> int:
        ledger, name = two[number % 2], PEOPLE[number % 5]
        return ledger.write_now(ballots.take_revision(WAVE, WS, name, f"{name:0>32}")).number

    with ThreadPoolExecutor(16) as pool:
        numbers = list(pool.map(press, range(400)))
    for person in range(5):
        assert sorted(numbers[person::5]) == list(range(1, 81))


def test_once_a_wave_closes_neither_bot_gives_out_a_revision_that_the_close_has_not_seen(
    two: tuple[Ledger, Ledger],
) -> None:
    first, second = two
    taken = threading.Barrier(2)

    def slow(connection: Connection) -> Refusal | None:
        found = ballots.take_revision(WAVE, WS, PEOPLE[0], "a" * 32)(connection).standing.refusal
        taken.wait(60)
        connection.execute(text("SELECT pg_sleep(0.3)"))
        return found

    with ThreadPoolExecutor(2) as pool:
        answering = pool.submit(first.write_now, slow)
        taken.wait(60)
        second.write_now(lambda c: waves.begin_closing(c, WAVE, "test"))  # waits for the answer's commit
        assert second.read_now(lambda c: c.execute(select(BallotRevisionRow.revision)).scalar()) == 1
        assert answering.result() is None
    refused = first.write_now(ballots.take_revision(WAVE, WS, PEOPLE[1], "b" * 32))
    assert refused.standing.refusal is Refusal.CLOSED
