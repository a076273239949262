"""The ledger backed up and restored: without a key, nobody asked twice, nothing posted twice, nobody forgotten back."""

import asyncio
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from sqlalchemy import delete, func, insert, select, update

from services.contracts.events import WaveClosed
from services.contracts.topics import TopicName
from services.pulse_bot.announcements import concerns, posts
from services.pulse_bot.backing_up import creating, restoring, told
from services.pulse_bot.backing_up.tables import KEPT, LEFT_OUT
from services.pulse_bot.ledger import closing, leases, preferences, stored, waves
from services.pulse_bot.ledger.announcing import PostState
from services.pulse_bot.ledger.models import (
    AuditRow,
    Base,
    BotInstanceRow,
    InvitationRow,
    MemberRow,
    PreferenceRow,
    WaveState,
)
from services.pulse_bot.ledger.preferences import Preferences
from services.pulse_bot.ledger.store import Ledger
from services.runtime import backups
from services.runtime.backups import BackupFault
from tests.integration.pulse_bot.house import CHAMPION, PEOPLE, House, eventually, member
from tests.integration.pulse_bot.processes import draagvlak
from tests.integration.pulse_bot.test_sending import sent
from tests.postgres import Postgres

EVERYBODY = [member(n) for n in range(1, PEOPLE + 1)]


def folder_of(house: House) -> Path:
    return house.settings.state / "backups"


def back_up(house: House, name: str | None = None) -> Path:
    """A backup, of this name where one is given: two in one second would have the same."""
    with_name = creating.create(house.ledgers[0], folder_of(house))
    return with_name.rename(with_name.with_name(name)) if name else with_name


def lose(house: House) -> None:
    """The disk of the ledger is gone, keys and all."""
    for ledger in house.ledgers:
        ledger.close()
    house.ledgers.clear()
    shutil.rmtree(house.settings.ledger_folder)


async def restored(house: House, *arguments: str) -> str:
    code, said = await draagvlak(house, "backup", "ledger", "restore", *arguments)
    assert code == 0, said
    house.ledger()
    return said


async def test_a_wave_that_was_open_ends_without_its_key_and_nobody_is_asked_twice(house: House) -> None:
    house.plan()
    async with house.bot():
        await house.open_and_send()
        for person in EVERYBODY:
            await house.invitation(person)
        await house.answer_all(member(1), [3] * 5)
        key = (house.settings.ledger_folder / "keys" / f"{house.wave_id()}.key").read_bytes()
        code, said = await draagvlak(house, "backup", "ledger", "create")
        assert code == 0, said
        assert "no wave key; read back and whole" in said
    (made,) = folder_of(house).iterdir()
    content = b"".join(path.read_bytes() for path in made.iterdir())
    assert key not in content
    assert key.hex().encode() not in content
    lose(house)
    assert f"{house.wave_id()} was open: its key is gone" in await restored(house)
    assert (await house.wave()).state is WaveState.CLOSING
    async with house.bot():

        async def over() -> bool:
            return (await house.wave()).state is WaveState.CLOSED

        await eventually(over)
        shown = await house.invitation(member(2))
        report = await house.click(member(2), shown, "pulse.answer.4")
        assert report["status"] == 200
        assert [await sent(house, person) for person in EVERYBODY] == [1] * PEOPLE
    (event,) = [event for _, event in house.events(TopicName.WAVES) if isinstance(event, WaveClosed)]
    assert sorted((u.node_id, u.acknowledged, u.with_revision) for u in event.units) == [
        ("noord+proef", 0, 7),
        ("zuid", 0, 5),
    ]
    assert not list(house.settings.ledger_folder.rglob("*.key"))


async def test_a_wave_that_was_opened_and_closed_since_is_not_opened_again(house: House) -> None:
    house.plan()
    back_up(house)
    async with house.bot():
        await house.open_and_send()
        for person in EVERYBODY:
            await house.invitation(person)
        code, said = await draagvlak(house, "waves", "close", house.wave_id())
        assert code == 0, said
    lose(house)
    assert f"{house.wave_id()} was closed since the backup" in await restored(house)
    wave = await house.wave()
    assert (wave.state, wave.counted, wave.announced) == (WaveState.CLOSED, True, True)
    assert (await house.wave(2)).state is WaveState.PLANNED
    subject = f"results:{house.wave_id()}:organisation"
    found = house.ledgers[0].read_now(lambda c: posts.of_subject(c, subject))
    assert [post.state for post in found] == [PostState.UNCERTAIN], "they may stand in the channel already"
    await house.tick()
    assert [await sent(house, person) for person in EVERYBODY] == [1] * PEOPLE


async def test_without_kafka_every_wave_whose_time_has_come_is_over(house: House) -> None:
    house.plan()
    back_up(house)
    lose(house)
    house.settings = house.settings.model_copy(update={"kafka_bootstrap": "127.0.0.1:9"})
    code, said = await draagvlak(house, "backup", "ledger", "restore")
    assert code == 1
    assert "does not tell which waves were opened" in said
    assert "--without-kafka" in said
    await house.open_and_send()
    assert f"{house.wave_id()} is left out" in await restored(house, "--without-kafka")
    assert (await house.wave()).state is WaveState.SKIPPED
    assert (await house.wave(2)).state is WaveState.PLANNED


@pytest.fixture
def peopled(house: House) -> House:
    """Everybody in the ledger; someone with a choice, someone who left, and a concern that waits to be posted."""
    house.plan()
    ledger = house.ledgers[0]
    ledger.write_now(
        lambda c: c.execute(
            insert(MemberRow),
            [
                {"workspace": "T1", "member": person, "node_id": "noord", "language": "nl", "left_on": None}
                for person in EVERYBODY
            ],
        )
    )
    for person in (member(3), member(4)):
        ledger.write_now(preferences.put("T1", person, Preferences(paused_until=date(2030, 1, 1))))
    ledger.write_now(
        lambda c: c.execute(update(MemberRow).where(MemberRow.member == member(4)).values(left_on=date(2026, 1, 1)))
    )
    ledger.write_now(concerns.put(house.campaign_id, "een stille zorg", datetime(2030, 1, 1, tzinfo=UTC)))
    return house


async def test_who_left_and_a_concern_that_waits_are_in_no_backup(peopled: House) -> None:
    made = back_up(peopled)
    content = b"".join(path.read_bytes() for path in made.iterdir())
    assert b"stille zorg" not in content
    assert member(4).encode() not in content
    assert member(3).encode() in content


async def test_whoever_asked_to_be_forgotten_after_the_backup_stays_forgotten(peopled: House) -> None:
    back_up(peopled, "ledger-20260101T000000Z")
    peopled.ledgers[0].write_now(stored.forget("T1", member(3)))
    peopled.ledgers[0].write_now(stored.forget("T1", CHAMPION))
    back_up(peopled, "ledger-20260102T000000Z")
    lose(peopled)
    said = await restored(peopled, "ledger-20260101T000000Z")
    assert "2 people who asked to be forgotten stay so" in said
    ledger = peopled.ledgers[0]
    for person in (member(3), CHAMPION):
        assert ledger.read_now(lambda c, person=person: stored.is_forgotten(c, "T1", person))
        assert ledger.read_now(lambda c, person=person: stored.about(c, "T1", person)) == ()
    assert ledger.read_now(lambda c: c.execute(select(func.count()).select_from(PreferenceRow)).scalar_one()) == 0
    assert CHAMPION not in ledger.read_now(lambda c: c.execute(select(AuditRow.actor)).scalars().all())
    assert ledger.read_now(lambda c: stored.about(c, "T1", member(5)))


async def test_a_ledger_with_rows_and_one_with_a_running_bot_are_refused(peopled: House) -> None:
    made = back_up(peopled)
    code, said = await draagvlak(peopled, "backup", "ledger", "restore")
    assert code == 1
    assert "the ledger is not empty" in said
    lose(peopled)
    ledger = peopled.ledger()
    rows = restoring.rows_in(made, backups.verified(made))
    again = restoring.restore(rows, frozenset(), told.Told(), datetime.now(UTC))
    ledger.write_now(leases.heartbeat("bot-1"))
    with pytest.raises(BackupFault, match="bot-1 is running"):
        ledger.write_now(again)
    ledger.write_now(
        lambda c: c.execute(update(BotInstanceRow).values(heartbeat_at=datetime.now(UTC) - timedelta(minutes=5)))
    )
    ledger.write_now(again)
    assert ledger.read_now(lambda c: len(waves.of_campaign(c, peopled.campaign_id))) == 2


async def test_a_damaged_backup_is_refused_by_name(peopled: House) -> None:
    made = back_up(peopled)
    path = made / "campaign.jsonl"
    path.write_bytes(path.read_bytes().replace(b"nl", b"NL", 1))
    lose(peopled)
    code, said = await draagvlak(peopled, "backup", "ledger", "restore")
    assert code == 1
    assert f"{made.name}: campaign.jsonl is damaged" in said
    code, said = await draagvlak(peopled, "backup", "list")
    assert code == 1
    assert f"{made.name}: NOT USABLE" in said


async def test_an_opening_that_kafka_never_heard_of_may_open_again(house: House) -> None:
    house.plan()
    house.ledgers[0].write_now(lambda c: waves.note(c, house.wave_id(), state=WaveState.OPENING.value))
    made = back_up(house)
    lose(house)
    rows = restoring.rows_in(made, backups.verified(made))
    done = house.ledger().write_now(restoring.restore(rows, frozenset(), told.Told(), datetime.now(UTC)))
    assert not done.closing
    assert (await house.wave()).state is WaveState.PLANNED


@pytest.mark.needs("postgresql")
async def test_a_backup_of_sqlite_goes_into_postgresql_and_back(peopled: House, postgres: Postgres) -> None:
    first = back_up(peopled, "ledger-20260101T000000Z")
    rows = restoring.rows_in(first, backups.verified(first))
    ledger = Ledger(postgres.new_database())
    try:
        ledger.write_now(restoring.restore(rows, frozenset(), told.Told(), datetime.now(UTC)))
        ledger.write_now(lambda c: c.execute(delete(AuditRow).where(AuditRow.action == "ledger.restored")))
        second = await asyncio.to_thread(creating.create, ledger, folder_of(peopled))
        ledger.write_now(closing.mark_drained(peopled.wave_id(), "x"))  # and it goes on
    finally:
        ledger.close()
    for name in KEPT:
        lines = [
            [orjson.loads(line) for line in (made / f"{name}.jsonl").read_bytes().splitlines()]
            for made in (first, second)
        ]
        assert lines[0] == lines[1], name


def test_it_is_known_of_every_table_whether_a_backup_holds_it() -> None:
    assert set(Base.metadata.tables) == set(KEPT) | set(LEFT_OUT), (
        "say in services/pulse_bot/backing_up/tables.py whether a backup holds the new table, and why not"
    )
    assert InvitationRow.__tablename__ in LEFT_OUT
