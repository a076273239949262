"""Windows and announcements through the store: a release reads classes of earlier waves, and never their ballots."""

from collections.abc import Callable
from datetime import UTC, datetime
from unittest.mock import patch

import pytest
from clickhouse_connect.driver.client import Client

from services.metrics.release import ballots
from services.metrics.release.arms import Announcement
from services.metrics.release.class_tables import WaveClasses
from services.metrics.release.compute import Beside, Heard, UnfinishedWindow, compute
from services.metrics.release.document import Published
from services.metrics.release.steps import release_wave
from services.metrics.released.documents import Document
from tests.integration.metrics.waves import StoredWave

NOW = datetime(2026, 3, 1, tzinfo=UTC)
TEAMS = {"north": (40, 30), "south": (60, 45), "small": (12, 9), "quiet": (30, 6)}
OpenWave = Callable[..., StoredWave]


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def waves(open_wave: OpenWave, admin: Client, campaign: str) -> list[StoredWave]:
    """Four waves, answered and closed."""
    found = [StoredWave(admin, campaign, number, dict(TEAMS)) for number in range(1, 5)]
    for favour, wave in enumerate(found, start=1):
        wave.open()
        wave.run(favour)
    return found


def release(client: Client, wave: StoredWave) -> Document:
    outcome = release_wave(client, wave.wave_id, NOW)
    assert isinstance(outcome, Published), outcome
    return Document.model_validate_json(outcome.content)


def tables(wave: StoredWave, favour: int) -> WaveClasses:
    """The classes as whole ballots give them."""
    counts = ballots.count(wave.wave.nodes, wave.wave.items, wave.ballots(favour))
    return compute(wave.wave, counts).tables


def test_the_third_release_brings_the_window_as_whole_ballots_give_it(
    waves: list[StoredWave], release_role: Client
) -> None:
    first, second = (release(release_role, wave) for wave in waves[:2])
    assert first.windows == second.windows == ()
    for wave in waves[:2]:  # the ballots may be gone by then
        release_role.command(f"ALTER TABLE pulse_ballots.closed_answers DROP PARTITION '{wave.wave_id}'")
    third = release(release_role, waves[2])
    (window,) = third.windows
    assert window.waves == tuple(wave.wave_id for wave in waves[:3])
    beside = Beside(UnfinishedWindow(window.id, (tables(waves[0], 1), tables(waves[1], 2)), ()))
    counts = ballots.count(waves[2].wave.nodes, waves[2].wave.items, waves[2].ballots(3))
    expected = Document.model_validate_json(compute(waves[2].wave, counts, beside).published.content)
    assert third == expected
    assert {c.node_id for c in third.window_cells if c.score is not None} >= {"small", "north", "organisation"}
    assert release(release_role, waves[3]).windows == ()


def test_the_wave_that_is_released_last_brings_the_window(waves: list[StoredWave], release_role: Client) -> None:
    for wave in (waves[0], waves[2]):
        assert release(release_role, wave).windows == ()
    (window,) = release(release_role, waves[1]).windows
    assert window.waves == tuple(wave.wave_id for wave in waves[:3]), "in the order of opening all the same"
    assert window.closed_at == waves[2].wave.closed_at


def test_an_imported_wave_is_in_no_window(waves: list[StoredWave], admin: Client, release_role: Client) -> None:
    admin.command(
        "ALTER TABLE pulse_facts.waves UPDATE imported = true WHERE wave_id = {wave:String}",
        parameters={"wave": waves[0].wave_id},
        settings={"mutations_sync": 1},
    )
    documents = [release(release_role, wave) for wave in waves]
    assert [bool(document.windows) for document in documents] == [False, False, False, True]
    assert documents[3].windows[0].waves == tuple(wave.wave_id for wave in waves[1:])


def test_a_release_that_is_cut_off_while_it_brings_a_window_is_done_again_with_the_same_bytes(
    waves: list[StoredWave], release_role: Client
) -> None:
    waves[1].announce(f"{waves[1].campaign}-training", ["south"])
    for wave in waves[:2]:
        release(release_role, wave)
    real = release_role.insert

    def until(table: str, *arguments: object, **named: object) -> object:
        if table == "releases":
            raise Killed
        return real(table, *arguments, **named)

    with patch.object(release_role, "insert", until), pytest.raises(Killed):
        release_wave(release_role, waves[2].wave_id, NOW)
    document = release(release_role, waves[2])
    assert document.windows
    own = [arm for arm in document.arms if arm.announcement == f"{waves[1].campaign}-training"]
    assert {arm.wave for arm in own} == {wave.wave_id for wave in waves[:3]}


def test_the_arms_of_an_announcement_are_told_once_of_waves_before_it_and_then_wave_by_wave(
    waves: list[StoredWave], release_role: Client
) -> None:
    training = f"{waves[0].campaign}-training"
    waves[1].announce(training, ["south"])

    def told(document: Document) -> set[str | None]:
        return {arm.wave for arm in document.arms if arm.announcement == training}

    documents = [release(release_role, wave) for wave in waves]
    assert [told(document) for document in documents] == [
        set(),
        set(),
        {wave.wave_id for wave in waves[:3]},
        {waves[3].wave_id},
    ]
    heard = Heard(Announcement(training, frozenset({"south"})), (tables(waves[0], 1), tables(waves[1], 2)))
    counts = ballots.count(waves[2].wave.nodes, waves[2].wave.items, waves[2].ballots(3))
    beside = Beside(UnfinishedWindow("w", heard.earlier, ()), (heard,))
    expected = Document.model_validate_json(compute(waves[2].wave, counts, beside).published.content)
    ours = (None, training)  # other tests announce something to teams of these names, too
    assert [arm for arm in documents[2].arms if arm.window is None and arm.announcement in ours] == [
        arm for arm in expected.arms if arm.window is None
    ]


def test_an_announcement_that_arrives_late_is_told_of_by_the_next_release(
    waves: list[StoredWave], release_role: Client
) -> None:
    training = f"{waves[0].campaign}-late"
    for wave in waves[:3]:
        release(release_role, wave)
    waves[0].announce(training, ["south"])
    found = {arm.wave for arm in release(release_role, waves[3]).arms if arm.announcement == training}
    assert found == {wave.wave_id for wave in waves}


def test_published_rows_stand_in_tables_of_their_own(waves: list[StoredWave], release_role: Client) -> None:
    documents = [release(release_role, wave) for wave in waves[:3]]

    def rows(table: str) -> int:
        query = f"SELECT count() FROM pulse_release.{table} FINAL WHERE wave_id IN {{waves:Array(String)}}"
        ids = [wave.wave_id for wave in waves[:3]]
        return int(release_role.query(query, parameters={"waves": ids}).result_rows[0][0])

    assert rows("cells") == sum(len(document.cells) for document in documents)
    assert rows("window_cells") == len(documents[2].window_cells) > 0
    assert rows("distributions") == sum(len(document.distributions) for document in documents) > 0
    assert rows("arms") == sum(len(document.arms) for document in documents) > 0
