"""A closed wave becomes a release: once, completely, or not at all."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from unittest.mock import patch

import pytest
from clickhouse_connect.driver.client import Client

from services.metrics.release import ballots, frozen, storing
from services.metrics.release.barrier import Held, Reason
from services.metrics.release.compute import compute
from services.metrics.release.document import Published
from services.metrics.release.dry_run import summary
from services.metrics.release.steps import WaveNotClosed, release_wave
from tests.integration.metrics.waves import StoredWave

NOW = datetime(2026, 1, 12, 9, tzinfo=UTC)
OpenWave = Callable[..., StoredWave]


class Killed(BaseException):
    """The process ends here."""


def released(client: Client, wave: StoredWave) -> Published:
    outcome = release_wave(client, wave.wave_id, NOW)
    assert isinstance(outcome, Published), outcome
    return outcome


def rows(client: Client, table: str, wave: StoredWave) -> int:
    return int(
        client.query(
            f"SELECT count() FROM {table} WHERE wave_id = {{wave:String}}", parameters={"wave": wave.wave_id}
        ).result_rows[0][0]
    )


def test_the_store_counts_what_the_ballots_say_to_the_byte(open_wave: OpenWave, release_role: Client) -> None:
    """Lot, histograms and pairs made in SQL give the bytes that whole ballots give."""
    wave = open_wave()
    wave.run()
    expected = compute(wave.wave, ballots.count(wave.wave.nodes, wave.wave.items, wave.ballots()))
    found = released(release_role, wave)
    assert found == expected.published
    assert found.sha256 == sha256(found.content).hexdigest()
    shown = {c["node_id"] for c in json.loads(found.content)["cells"] if c["score"] is not None}
    assert shown == {"organisation", "north", "south"}


def test_only_the_last_revision_counts_and_a_withdrawn_ballot_does_not(
    open_wave: OpenWave, release_role: Client
) -> None:
    wave = open_wave()
    cast = wave.ballots()
    wave.run()
    # older revisions that arrive later, as after a replay
    wave.answer([replace(b, answers=dict.fromkeys(b.answers, 5)) for b in cast], revision=1)
    stranger = replace(cast[0], ballot_id="f" * 32)
    wave.answer([stranger], revision=3)
    wave.withdraw(stranger, revision=3)
    expected = compute(wave.wave, ballots.count(wave.wave.nodes, wave.wave.items, cast))
    assert released(release_role, wave) == expected.published


def test_answers_given_after_a_withdrawal_stand(open_wave: OpenWave, release_role: Client) -> None:
    wave = open_wave()
    wave.withdraw(wave.ballots()[0], revision=1)
    wave.run()
    assert isinstance(release_wave(release_role, wave.wave_id, NOW), Published)


def test_a_rerun_gives_the_stored_bytes_and_computes_nothing(open_wave: OpenWave, release_role: Client) -> None:
    wave = open_wave()
    wave.run()
    first = released(release_role, wave)
    with patch("services.metrics.release.steps.compute", side_effect=AssertionError("computed again")):
        assert released(release_role, wave) == first
    # even with the ballots gone, as after an erasure
    release_role.command(f"ALTER TABLE pulse_ballots.closed_answers DROP PARTITION '{wave.wave_id}'")
    assert released(release_role, wave) == first


def test_an_open_wave_and_an_unknown_one_are_refused(open_wave: OpenWave, release_role: Client) -> None:
    wave = open_wave()
    wave.answer(wave.ballots())
    for asked in (release_wave, lambda client, wave_id, _: summary(client, wave_id)):
        with pytest.raises(WaveNotClosed, match="is still open"):
            asked(release_role, wave.wave_id, NOW)
        with pytest.raises(WaveNotClosed, match="there is no wave nothing"):
            asked(release_role, "nothing", NOW)
    assert rows(release_role, "pulse_ballots.answers", wave) > 0


@pytest.mark.parametrize("but", [("pulse.answers.v1", 11), ("pulse.comments.v1", 0)])
def test_without_every_marker_nothing_is_released(
    open_wave: OpenWave, release_role: Client, but: tuple[str, int]
) -> None:
    wave = open_wave()
    wave.answer(wave.ballots())
    wave.mark_ends(but=but)
    wave.close()
    outcome = release_wave(release_role, wave.wave_id, NOW)
    assert isinstance(outcome, Held)
    assert outcome.reason is Reason.MARKERS_MISSING
    assert f"{but[0]}/{but[1]}" in outcome.detail
    assert storing.stored(release_role, wave.wave_id) is None
    assert rows(release_role, "pulse_ballots.answers", wave) > 0, "nothing is rewritten before the barrier"


@pytest.mark.parametrize("acknowledged", [31, 29])
def test_with_a_ballot_missing_or_too_many_nothing_is_released(
    open_wave: OpenWave, release_role: Client, acknowledged: int
) -> None:
    wave = open_wave()
    wave.answer(wave.ballots())
    wave.mark_ends()
    wave.close(acknowledged={"north": acknowledged})
    outcome = release_wave(release_role, wave.wave_id, NOW)
    assert isinstance(outcome, Held)
    assert outcome.reason is Reason.COUNTS_DIFFER
    assert "north: 30 ballots stored" in outcome.detail
    assert storing.stored(release_role, wave.wave_id) is None


def test_after_a_release_neither_revisions_nor_the_order_of_arrival_are_left(
    open_wave: OpenWave, release_role: Client
) -> None:
    wave = open_wave()
    wave.run()
    released(release_role, wave)
    assert rows(release_role, "pulse_ballots.answers", wave) == 0
    assert rows(release_role, "pulse_ballots.withdrawals", wave) == 0
    assert rows(release_role, "pulse_ballots.closed_answers", wave) == sum(len(b.answers) for b in wave.ballots())


def test_records_replayed_before_the_release_change_nothing_and_do_not_stay(
    open_wave: OpenWave, release_role: Client
) -> None:
    wave = open_wave()
    wave.run()
    with patch("services.metrics.release.steps.count", side_effect=Killed), pytest.raises(Killed):
        release_wave(release_role, wave.wave_id, NOW)
    wave.answer(wave.ballots()[:9])
    expected = compute(wave.wave, ballots.count(wave.wave.nodes, wave.wave.items, wave.ballots()))
    assert released(release_role, wave) == expected.published
    assert rows(release_role, "pulse_ballots.answers", wave) == 0


STEPS = [
    "services.metrics.release.frozen.rewrite",
    "services.metrics.release.steps.count",
    "services.metrics.release.steps.compute",
    "services.metrics.release.storing.save",
    "services.metrics.release.storing._class_tables",
    "services.metrics.release.storing._published",
]


@pytest.mark.parametrize("step", STEPS)
def test_a_release_that_is_cut_off_before_a_step_is_done_again_with_the_same_bytes(
    open_wave: OpenWave, release_role: Client, step: str
) -> None:
    wave = open_wave()
    wave.run()
    with patch(step, side_effect=Killed), pytest.raises(Killed):
        release_wave(release_role, wave.wave_id, NOW)
    assert storing.stored(release_role, wave.wave_id) is None
    expected = compute(wave.wave, ballots.count(wave.wave.nodes, wave.wave.items, wave.ballots()))
    assert released(release_role, wave) == expected.published


@pytest.mark.parametrize("statement", ["wave_rewrites", "class_sums", "class_histograms", "cells", "arms", "releases"])
def test_a_release_that_is_cut_off_at_an_insert_is_done_again_with_the_same_bytes(
    open_wave: OpenWave, release_role: Client, statement: str
) -> None:
    wave = open_wave()
    wave.run()
    real = release_role.insert

    def until(table: str, *arguments: object, **named: object) -> object:
        if table == statement:
            raise Killed
        return real(table, *arguments, **named)

    with patch.object(release_role, "insert", until), pytest.raises(Killed):
        release_wave(release_role, wave.wave_id, NOW)
    assert storing.stored(release_role, wave.wave_id) is None
    expected = compute(wave.wave, ballots.count(wave.wave.nodes, wave.wave.items, wave.ballots()))
    assert released(release_role, wave) == expected.published
    cells = release_role.query(
        "SELECT count() FROM pulse_release.cells FINAL WHERE wave_id = {wave:String}", {"wave": wave.wave_id}
    )
    assert cells.result_rows[0][0] == len(expected.cells)


def test_originals_are_dropped_only_when_the_copy_is_known_to_be_complete(
    open_wave: OpenWave, release_role: Client
) -> None:
    wave = open_wave()
    wave.run()
    with (
        patch("services.metrics.release.frozen.sql", _without_copying),
        pytest.raises(frozen.RewriteFault, match="none dropped"),
    ):
        frozen.rewrite(release_role, wave.wave_id)
    assert rows(release_role, "pulse_ballots.answers", wave) > 0


def _without_copying(package: str, name: str) -> str:
    from services.runtime.clickhouse import sql  # noqa: PLC0415

    return "SELECT 1" if name == "rewrite" else sql(package, name)


def test_an_answer_outside_the_survey_costs_no_other_answer(open_wave: OpenWave, release_role: Client) -> None:
    wave = open_wave()
    cast = wave.ballots()
    odd = [replace(cast[0], answers={**cast[0].answers, "ZZ9": 2})]
    wave.answer(odd, revision=4)
    wave.run()
    expected = compute(wave.wave, ballots.count(wave.wave.nodes, wave.wave.items, cast))
    assert released(release_role, wave) == expected.published


def test_a_dry_run_tells_two_numbers_and_releases_nothing(open_wave: OpenWave, release_role: Client) -> None:
    wave = open_wave()
    wave.run()
    assert summary(release_role, wave.wave_id) == f"wave {wave.wave_id}: 3 nodes shown, 2 hidden"
    assert storing.stored(release_role, wave.wave_id) is None
    released(release_role, wave)
    assert summary(release_role, wave.wave_id).endswith("has been released: 3 nodes shown, 2 hidden")


def test_exact_counts_of_classes_stay_with_the_ballots(open_wave: OpenWave, release_role: Client) -> None:
    wave = open_wave()
    wave.run()
    released(release_role, wave)
    people = release_role.query(
        "SELECT class_id, invited, ballots FROM pulse_ballots.class_people FINAL WHERE wave_id = {wave:String}",
        {"wave": wave.wave_id},
    ).result_rows
    assert sum(invited for _, invited, _ in people) == 137
    assert sum(cast for _, _, cast in people) == 84, "85 ballots, less one of the team in which all seven answered"
