"""Two processes that release the same wave at the same moment, each with numbers of its own: one of them publishes."""

import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from multiprocessing.synchronize import Barrier
from typing import Any
from unittest.mock import patch

import orjson
import pytest
from clickhouse_connect.driver.client import Client

from sandbox.store import StoreAddress
from services.metrics.release import claims, compute, replicas, reviewing, steps, storing
from services.metrics.release.barrier import Held, Reason
from services.metrics.release.comments import Decision
from services.metrics.release.document import Published
from services.metrics.release.replicas import Replica
from services.metrics.release.steps import release_wave
from tests.integration.metrics.conftest import connected
from tests.integration.metrics.waves import StoredWave

NOW = datetime(2026, 2, 1, tzinfo=UTC)
OpenWave = Callable[..., StoredWave]
TOGETHER = multiprocessing.get_context("spawn")


def otherwise(number: int) -> Callable[..., compute.Release]:
    """The computation of another version: the title and the number of people invited are other ones."""
    real = steps.compute

    def computed(*arguments: Any) -> compute.Release:
        release = real(*arguments)
        document = orjson.loads(release.published.content) | {"title": {"nl": f"{number}", "en": f"{number}"}}
        content = orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
        sums = {name: replace(one, invited=1000 + number) for name, one in release.tables.sums.items()}
        return replace(
            release,
            tables=replace(release.tables, sums=sums),
            published=Published(content, sha256(content).hexdigest()),
        )

    return computed


def releasing(store: StoreAddress, waves: list[str], number: int, together: Barrier, told: Any) -> None:
    """A process: releases the waves, and meets the other one just before each claim."""
    real = claims.claim

    def at_once(*arguments: Any) -> Any:
        together.wait(200)
        return real(*arguments)

    with connected(store, "release") as client, ExitStack() as patches:
        patches.enter_context(patch.object(steps, "compute", otherwise(number)))
        patches.enter_context(patch.object(claims, "claim", at_once))
        for wave in waves:
            outcome = release_wave(client, wave, NOW.replace(day=number))
            told.put((number, wave, outcome.sha256 if isinstance(outcome, Published) else str(outcome)))


@pytest.fixture
def two(store: StoreAddress) -> Iterator[Callable[[list[str]], dict[str, set[str]]]]:
    """Runs both processes; gives, for each wave, what they were told that is published."""
    processes: list[Any] = []

    def run(waves: list[str]) -> dict[str, set[str]]:
        # The address holds a handle of the store's process, which cannot travel.
        address = replace(store, child=None)  # type: ignore[arg-type]
        told, together = TOGETHER.Queue(), TOGETHER.Barrier(2)
        for number in (1, 2):
            process = TOGETHER.Process(target=releasing, args=(address, waves, number, together, told))
            process.start()
            processes.append(process)
        answers = [told.get(timeout=240) for _ in range(2 * len(waves))]
        for process in processes:
            process.join(120)
            assert process.exitcode == 0
        return {wave: {sha for _, of, sha in answers if of == wave} for wave in waves}

    yield run
    for process in processes:
        process.kill()


def test_one_of_two_processes_publishes_and_the_other_carries_out_what_it_claimed(
    two: Callable[[list[str]], dict[str, set[str]]], open_wave: OpenWave, release_role: Client
) -> None:
    waves = [open_wave(number) for number in range(1, 6)]
    for wave in waves:
        wave.run()
    told = two([wave.wave_id for wave in waves])
    winners = set()
    for wave in waves:
        everything = release_role.query(  # without FINAL: nothing was replaced, there never was a second one
            "SELECT document, toString(sha256), released_at FROM pulse_release.releases WHERE wave_id = {wave:String}",
            {"wave": wave.wave_id},
        ).result_rows
        assert len(everything) == 1, "one row of releases was ever written"
        document, sha, released_at = everything[0]
        assert told[wave.wave_id] == {sha}, "both processes say the same"
        number = int(orjson.loads(document)["title"]["en"])
        assert released_at.day == number
        invited = release_role.query(
            "SELECT DISTINCT invited FROM pulse_ballots.class_people WHERE wave_id = {wave:String}",
            {"wave": wave.wave_id},
        ).result_rows
        assert invited == [(1000 + number,)], "the class tables are those of the one that published"
        winners.add(number)
    assert winners <= {1, 2}


class Killed(BaseException):
    """SIGKILL, as far as a process can know."""


@pytest.mark.parametrize("cut_off_at", ["class_people", "cells", "releases"])
def test_who_comes_after_a_crash_publishes_what_was_claimed_and_not_what_it_would_compute(
    open_wave: OpenWave, release_role: Client, cut_off_at: str
) -> None:
    wave = open_wave()
    wave.run()
    real = release_role.insert

    def until(table: str, *arguments: Any, **named: Any) -> Any:
        if table == cut_off_at:
            raise Killed
        return real(table, *arguments, **named)

    with (
        patch.object(steps, "compute", otherwise(1)),
        patch.object(release_role, "insert", until),
        pytest.raises(Killed),
    ):
        release_wave(release_role, wave.wave_id, NOW)
    assert storing.stored(release_role, wave.wave_id) is None
    with patch.object(steps, "compute", otherwise(2)):
        outcome = release_wave(release_role, wave.wave_id, NOW)
    assert isinstance(outcome, Published)
    assert orjson.loads(outcome.content)["title"]["en"] == "1"
    assert storing.stored(release_role, wave.wave_id) == outcome


def test_a_token_that_a_crash_left_without_its_claim_does_not_stop_the_campaign(
    open_wave: OpenWave, admin: Client, release_role: Client
) -> None:
    wave = open_wave()
    wave.run()
    with patch.object(storing, "save", side_effect=Killed), pytest.raises(Killed):
        release_wave(release_role, wave.wave_id, NOW)
    admin.command(
        "ALTER TABLE pulse_ballots.release_claims DELETE WHERE wave_id = {wave:String}",
        {"wave": wave.wave_id},
        settings={"mutations_sync": 2},
    )
    assert isinstance(release_wave(release_role, wave.wave_id, NOW), Published)


def test_where_clickhouse_does_not_drop_a_repeated_claim_nothing_is_published(
    open_wave: OpenWave, admin: Client, release_role: Client
) -> None:
    wave = open_wave()
    wave.run()
    ready = steps.prepare(release_role, wave.wave_id)
    assert isinstance(ready, steps.Ready)
    with patch.object(claims, "once", lambda _wave: {"insert_deduplicate": 0}):
        storing.claimed(release_role, ready.release, NOW, ready.place)
        storing.claimed(release_role, ready.release, NOW, ready.place)
    outcome = release_wave(release_role, wave.wave_id, NOW)
    assert isinstance(outcome, Held)
    assert outcome.reason is Reason.CLAIMED_TWICE
    assert storing.stored(release_role, wave.wave_id) is None
    admin.command("TRUNCATE TABLE pulse_ballots.release_claims")  # the mend that the detail names
    assert isinstance(release_wave(release_role, wave.wave_id, NOW), Published)


def test_of_two_processes_that_release_comments_the_first_counts(
    open_wave: OpenWave, admin: Client, release_role: Client
) -> None:
    wave = open_wave()
    rows = [(wave.wave_id, sha256(f"{wave.wave_id}{n}".encode()).hexdigest()[:32], "q", f"no {n}") for n in range(12)]
    admin.insert("comments", rows, database="pulse_ballots")
    wave.run()
    release_wave(release_role, wave.wave_id, NOW)
    ids = [one.comment_id for one in reviewing.review(release_role, wave.wave_id).comments]
    reviewing.decide(release_role, wave.wave_id, dict.fromkeys(ids, Decision.PUBLISH))
    real = reviewing.publishable_comments

    def after_the_other(*arguments: Any) -> Published:
        """Another process decides otherwise and releases, between our look and our insert."""
        published = real(*arguments)
        with (
            patch.object(reviewing, "publishable_comments", real),
            patch.object(reviewing, "_one_at_a_time", ExitStack()),
        ):
            reviewing.decide(release_role, wave.wave_id, {ids[0]: Decision.WITHHOLD})
            others.append(reviewing.release_comments(release_role, wave.wave_id, NOW))
        return published

    others: list[Published] = []
    with patch.object(reviewing, "publishable_comments", after_the_other):
        ours = reviewing.release_comments(release_role, wave.wave_id, NOW)
    assert ours == others[0]
    assert len(orjson.loads(ours.content)["comments"]) == 11


def test_two_waves_of_a_window_released_at_the_same_moment_still_have_it_in_one_of_their_documents(
    store: StoreAddress, open_wave: OpenWave, release_role: Client
) -> None:
    first, second, third = (open_wave(number) for number in (1, 2, 3))
    for wave in (first, second, third):
        wave.run()
    release_wave(release_role, first.wave_id, NOW)
    real = claims.claim

    def after_the_other(client: Client, *arguments: Any) -> Any:
        """Another process releases the third wave between our look at the campaign and our claim."""
        with patch.object(claims, "claim", real), connected(store, "release") as other:
            assert isinstance(release_wave(other, third.wave_id, NOW), Published)
        return real(client, *arguments)

    with patch.object(claims, "claim", after_the_other):
        outcome = release_wave(release_role, second.wave_id, NOW)
    assert isinstance(outcome, Held)
    assert outcome.reason is Reason.CLAIM_LOST
    outcome = release_wave(release_role, second.wave_id, NOW)
    assert isinstance(outcome, Published)
    windows = {
        wave.wave_id: len(orjson.loads(published.content)["windows"])
        for wave in (first, second, third)
        if (published := storing.stored(release_role, wave.wave_id)) is not None
    }
    assert windows == {first.wave_id: 0, second.wave_id: 1, third.wave_id: 0}


def test_a_release_that_was_begun_comes_before_the_next_of_its_campaign(
    open_wave: OpenWave, release_role: Client
) -> None:
    begun, following = open_wave(1), open_wave(2)
    for wave in (begun, following):
        wave.run()
    with patch.object(storing, "save", side_effect=Killed), pytest.raises(Killed):
        release_wave(release_role, begun.wave_id, NOW)
    outcome = release_wave(release_role, following.wave_id, NOW)
    assert isinstance(outcome, Held)
    assert outcome.reason is Reason.CLAIM_UNFINISHED
    assert begun.wave_id in outcome.detail
    for wave in (begun, following):
        assert isinstance(release_wave(release_role, wave.wave_id, NOW), Published)


# --- replicas ---------------------------------------------------------------------------------------------------------

WELL = Replica("clickhouse-0", "pulse_ballots.answers", cut_off=False, unread=0, unfetched=0, delay=0)


def test_a_store_of_one_node_has_no_replicas_and_is_not_held(release_role: Client) -> None:
    assert replicas.state(release_role) == ()
    assert replicas.lagging(()) is None


@pytest.mark.parametrize(
    ("behind", "said"),
    [
        ({"cut_off": True}, "cut off from Keeper"),
        ({"unread": 3}, "lacks 3 entries"),
        ({"unfetched": 2}, "and 2 parts"),
        ({"delay": 7}, "7 s behind"),
    ],
)
def test_a_wave_is_not_counted_on_a_replica_that_lags_and_is_when_it_has_caught_up(
    open_wave: OpenWave, release_role: Client, behind: dict[str, Any], said: str
) -> None:
    wave = open_wave()
    wave.run()
    other = replace(WELL, table="pulse_facts.wave_ends")
    with patch.object(replicas, "state", lambda _: (other, replace(WELL, **behind))):
        outcome = release_wave(release_role, wave.wave_id, NOW)
    assert isinstance(outcome, Held)
    assert outcome.reason is Reason.REPLICA_BEHIND
    assert said in outcome.detail
    arrived = release_role.query(
        "SELECT count() FROM pulse_ballots.answers WHERE wave_id = {wave:String}", {"wave": wave.wave_id}
    ).result_rows
    assert arrived[0][0] > 0, "nothing was rewritten or dropped"
    with patch.object(replicas, "state", lambda _: (WELL,)):
        assert isinstance(release_wave(release_role, wave.wave_id, NOW), Published)


@pytest.mark.parametrize("look", [1, 2])
def test_a_wave_that_was_counted_on_two_replicas_or_fell_behind_meanwhile_is_not_claimed(
    open_wave: OpenWave, release_role: Client, look: int
) -> None:
    wave = open_wave()
    wave.run()
    for later in (replace(WELL, host="clickhouse-1"), replace(WELL, unfetched=1)):
        looks = iter([(WELL,)] * look + [(later,)])
        with patch.object(replicas, "state", lambda _, looks=looks: next(looks)):
            outcome = release_wave(release_role, wave.wave_id, NOW)
        assert isinstance(outcome, Held)
        assert outcome.reason is Reason.REPLICA_BEHIND
        assert claims.standing(release_role, wave.wave_id) is None
    assert isinstance(release_wave(release_role, wave.wave_id, NOW), Published)
