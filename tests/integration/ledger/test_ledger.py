"""The ledger: one writer, faults that stay alone, leases, revisions, and erasing to the last byte."""

import asyncio
import stat
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select, update

from services.contracts.base import Language
from services.contracts.files import load_campaign, load_items
from services.pulse_bot.answers.ballot import ballot_id
from services.pulse_bot.kinds import MessageKind
from services.pulse_bot.ledger import ballots, closing, contacts, invitations, leases, waves
from services.pulse_bot.ledger.ballots import Refusal
from services.pulse_bot.ledger.invitations import Addressee, Claim, Member, Posted
from services.pulse_bot.ledger.keys import KeyLost, WaveKeyFiles
from services.pulse_bot.ledger.models import AuditRow, ContactRow, LeaseRow, WaveState
from services.pulse_bot.ledger.store import Ledger
from services.pulse_bot.ledger.writer import LedgerClosed
from services.pulse_bot.waves.planning import plan
from services.runtime.settings import SettingsFault

BANK = load_items(Path("surveys/items.yaml"))
CAMPAIGN = load_campaign(Path("surveys/zorg.yaml"), BANK)
WAVE = CAMPAIGN.wave_id(1)
WS = "T1"
TODAY = date(2026, 1, 5)
UNITS = ("staf", "thuiszorg")


@pytest.fixture
def ledger(address: str) -> Iterator[Ledger]:
    opened = Ledger(address)
    yield opened
    opened.close()


@pytest.fixture
def people(ledger: Ledger) -> list[Addressee]:
    """An open wave with forty people in two units."""
    ledger.write_now(plan(CAMPAIGN, BANK))
    members = [Member(WS, f"U{n:04}", UNITS[n % 2], Language.NL, None) for n in range(40)]

    def prepare(connection: Connection) -> None:
        invitations.put_members(connection, members)
        invitations.invite(connection, WAVE, members, [m.node_id for m in members])
        waves.move(connection, WAVE, [WaveState.PLANNED], WaveState.OPEN, opened_on=date(2026, 1, 5))

    ledger.write_now(prepare)
    return [Addressee(WS, m.member, m.language, None) for m in members]


def claim(ledger: Ledger, kind: MessageKind, person: Addressee, *, holder: str = "a", budget: int = 3) -> Claim:
    return ledger.write_now(invitations.claim(WAVE, kind, person, holder=holder, on=TODAY, budget=budget))


def note(text: str) -> object:
    def operation(connection: Connection) -> None:
        values = {"at": datetime.now(UTC), "actor": "test", "action": "test", "subject": text}
        connection.execute(insert(AuditRow).values(values))

    return operation


def notes(ledger: Ledger) -> list[str]:
    return ledger.read_now(
        lambda c: list(
            c.execute(select(AuditRow.subject).where(AuditRow.action == "test").order_by(AuditRow.id)).scalars()
        )
    )


async def test_a_faulty_operation_fails_alone_and_not_its_group(ledger: Ledger) -> None:
    release = threading.Event()

    def hold(_: Connection) -> None:
        release.wait(60)

    def fault(connection: Connection) -> None:
        connection.execute(insert(AuditRow).values(at=datetime.now(UTC)))

    held = asyncio.ensure_future(ledger.write(hold))
    await asyncio.sleep(0)
    writes = [asyncio.ensure_future(ledger.write(note(str(n)))) for n in range(5)]
    writes.insert(2, asyncio.ensure_future(ledger.write(fault)))
    await asyncio.sleep(0)
    release.set()
    await held
    results = await asyncio.gather(*writes, return_exceptions=True)
    assert [isinstance(result, Exception) for result in results] == [False, False, True, False, False, False]
    assert notes(ledger) == ["0", "1", "2", "3", "4"]


async def test_who_stops_waiting_neither_cancels_the_write_nor_ends_the_writer(ledger: Ledger) -> None:
    release = threading.Event()
    waiting = asyncio.ensure_future(ledger.write(lambda _: release.wait(60)))
    left = asyncio.ensure_future(ledger.write(note("left")))
    await asyncio.sleep(0)
    left.cancel()
    release.set()
    await waiting
    await ledger.write(note("after"))
    assert notes(ledger) == ["left", "after"]


def test_a_closed_ledger_finishes_what_it_has_and_takes_no_more(address: str) -> None:
    first = Ledger(address)
    for n in range(20):
        first._writer.submit(note(str(n)))
    first.close()
    with pytest.raises(LedgerClosed):
        first.write_now(note("late"))
    second = Ledger(address)
    assert len(notes(second)) == 20
    second.close()


def test_errors_of_the_database_hold_no_values(ledger: Ledger) -> None:
    def fault(connection: Connection) -> None:
        connection.execute(insert(AuditRow).values(id=1, at=datetime.now(UTC), actor="U-secret", action=None))

    with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever the driver raises
        ledger.write_now(fault)
    assert "U-secret" not in str(caught.value)


@pytest.mark.parametrize("wrong", ["nonsense", "sqlite://", "sqlite:///:memory:", "sqlite:///file:l.sqlite?uri=true"])
def test_an_address_of_no_use_is_said_with_its_setting(wrong: str) -> None:
    with pytest.raises(SettingsFault, match="DRAAGVLAK_LEDGER_URL"):
        Ledger(wrong)


def test_one_process_at_a_time_holds_the_lease(ledger: Ledger) -> None:
    assert ledger.write_now(leases.acquire("a")) is None
    assert ledger.write_now(leases.acquire("a")) is None
    assert ledger.write_now(leases.acquire("b")) == "a"
    ledger.write_now(leases.release("b"))
    assert ledger.write_now(leases.acquire("b")) == "a"
    ledger.write_now(leases.release("a"))
    assert ledger.write_now(leases.acquire("b")) is None
    ago = datetime.now(UTC) - timedelta(seconds=1)
    ledger.write_now(lambda c: c.execute(update(LeaseRow).values(expires_at=ago)).rowcount)
    assert ledger.write_now(leases.acquire("a")) is None


def test_a_lease_from_before_a_clock_was_set_back_holds_nobody_up(ledger: Ledger) -> None:
    assert ledger.write_now(leases.acquire("a")) is None
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    ledger.write_now(lambda c: c.execute(update(LeaseRow).values(expires_at=tomorrow)).rowcount)
    assert ledger.write_now(leases.acquire("b")) is None
    assert ledger.write_now(leases.acquire("a")) == "b"


def test_a_revision_counts_up_and_only_for_the_invited_of_an_open_wave(ledger: Ledger, people: list[Addressee]) -> None:
    member = people[0].member
    taken = [ledger.write_now(ballots.take_revision(WAVE, WS, member, "b")) for _ in range(3)]
    assert [revision.number for revision in taken] == [1, 2, 3]
    assert {revision.standing.node_id for revision in taken} == {"staf"}
    for workspace, stranger in ((WS, "U9999"), ("T2", member)):
        refused = ledger.write_now(ballots.take_revision(WAVE, workspace, stranger, "c"))
        assert (refused.number, refused.standing.refusal) == (0, Refusal.NOT_INVITED)
    assert ledger.write_now(ballots.take_revision("nowhere", WS, member, "b")).standing.refusal is Refusal.CLOSED
    ledger.write_now(lambda c: waves.begin_closing(c, WAVE, "test"))
    refused = ledger.write_now(ballots.take_revision(WAVE, WS, member, "b"))
    assert (refused.number, refused.standing.refusal) == (0, Refusal.CLOSED)


def test_a_message_is_claimed_by_one_and_by_nobody_once_the_wave_closes(
    ledger: Ledger, people: list[Addressee]
) -> None:
    kind = MessageKind.INVITATION
    assert claim(ledger, kind, people[0]) is Claim.OURS
    assert claim(ledger, kind, people[0]) is Claim.TAKEN
    assert claim(ledger, kind, people[1], holder="b") is Claim.LEASE_LOST
    assert claim(ledger, kind, people[1]) is Claim.OURS
    ledger.write_now(lambda c: waves.begin_closing(c, WAVE, "test"))
    assert claim(ledger, kind, people[2]) is Claim.WAVE_NOT_OPEN


def test_a_reminder_is_not_claimed_for_who_has_answered_or_had_enough_messages_this_week(
    ledger: Ledger, people: list[Addressee]
) -> None:
    for person in people[:3]:
        assert claim(ledger, MessageKind.INVITATION, person) is Claim.OURS
        ledger.write_now(invitations.sent(WAVE, MessageKind.INVITATION, person, Posted("D1", "1.0"), on=TODAY))
    ledger.write_now(ballots.mark_answered(WAVE, WS, people[0].member))
    assert claim(ledger, MessageKind.REMINDER, people[0]) is Claim.TAKEN
    for day, about in ((TODAY - timedelta(days=7), "a1"), (TODAY, "a2"), (TODAY + timedelta(days=1), "a3")):
        ledger.write_now(lambda c, d=day, a=about: contacts.count(c, WS, [people[1].member], f"announcement:{a}", d))
    assert ledger.read_now(lambda c: contacts.spent(c, WS, people[1].member, TODAY)) == 2  # a week ago, tomorrow: not
    assert claim(ledger, MessageKind.REMINDER, people[1], budget=2) is Claim.OVER_BUDGET
    assert claim(ledger, MessageKind.REMINDER, people[1], budget=3) is Claim.OURS
    assert claim(ledger, MessageKind.REMINDER, people[2], budget=1) is Claim.OVER_BUDGET
    assert claim(ledger, MessageKind.INVITATION, people[3], budget=1) is Claim.OURS


def test_what_counted_two_weeks_ago_is_forgotten(ledger: Ledger) -> None:
    for days in (0, 13, 14):
        ledger.write_now(lambda c, d=days: contacts.count(c, WS, ["U1"], f"a:{d}", TODAY - timedelta(days=d)))
    ledger.write_now(lambda c: contacts.forget_old(c, TODAY))
    assert ledger.read_now(lambda c: sorted(c.execute(select(ContactRow.subject)).scalars())) == ["a:0", "a:13"]


def test_reminders_are_for_those_who_were_invited_and_have_not_answered(
    ledger: Ledger, people: list[Addressee]
) -> None:
    for person in people[:3]:
        ledger.write_now(
            invitations.sent(WAVE, MessageKind.INVITATION, person, Posted("D1", "1.0"), on=date(2026, 1, 5))
        )
    ledger.write_now(ballots.mark_answered(WAVE, WS, people[1].member))
    due = [d for d in ledger.read_now(lambda c: invitations.deliveries_of(c, WAVE)) if d.wants(MessageKind.REMINDER)]
    assert [delivery.person.member for delivery in due] == [people[0].member, people[2].member]


def test_counts_are_frozen_once_and_what_connects_people_with_ballots_goes_to_the_last_byte(
    tmp_path: Path, address: str, ledger: Ledger, people: list[Addressee]
) -> None:
    key = b"k" * 32
    ids = {person.member: ballot_id(key, WS, person.member) for person in people}
    for round_ in range(3):
        for person in people[round_:]:
            ledger.write_now(ballots.take_revision(WAVE, WS, person.member, ids[person.member]))
            ledger.write_now(
                invitations.sent(
                    WAVE, MessageKind.INVITATION, person, Posted("DSECRET", "170.4242"), on=date(2026, 1, 5)
                )
            )
    for person in people[:10]:
        ledger.write_now(ballots.mark_answered(WAVE, WS, person.member))
    closed_at = datetime(2026, 1, 12, 9, tzinfo=UTC)
    ledger.write_now(closing.freeze_counts(WAVE, UNITS, closed_at))
    ledger.write_now(ballots.mark_answered(WAVE, WS, people[20].member))
    ledger.write_now(closing.freeze_counts(WAVE, UNITS, closed_at + timedelta(hours=1)))
    counts = ledger.read_now(lambda c: closing.unit_counts(c, WAVE))
    assert [(c.node_id, c.acknowledged, c.with_revision) for c in counts] == [("staf", 5, 20), ("thuiszorg", 5, 20)]

    def raw() -> bytes:
        return b"".join(path.read_bytes() for path in tmp_path.iterdir())

    on_disk = address.startswith("sqlite")  # of PostgreSQL's files: test_postgresql
    assert sum(ballot.encode() in raw() for ballot in ids.values()) == (len(people) if on_disk else 0)
    for _ in range(2):
        ledger.write_now(closing.erase(WAVE))
        asyncio.run(ledger.maintain(closing.scrub))
        assert not any(ballot.encode() in raw() for ballot in ids.values())
        assert b"170.4242" not in raw()
        assert b"DSECRET" not in raw()
    assert (people[0].member.encode() in raw()) == on_disk  # who was invited stays
    ledger.write_now(ballots.mark_answered(WAVE, WS, people[0].member))
    assert ledger.read_now(lambda c: closing.unit_counts(c, WAVE)) == counts


def test_a_reader_in_the_way_of_erasing_is_said_and_a_later_try_succeeds(tmp_path: Path) -> None:
    other = Ledger(f"sqlite:///{tmp_path}/ledger.sqlite")
    other.write_now(lambda c: c.exec_driver_sql("PRAGMA busy_timeout=100"))
    reader = Ledger(f"sqlite:///{tmp_path}/ledger.sqlite")
    other.write_now(note("before"))

    def meanwhile(connection: Connection) -> None:
        connection.execute(select(AuditRow.id)).all()
        other.write_now(closing.erase(WAVE))
        with pytest.raises(closing.ErasureIncomplete):
            asyncio.run(other.maintain(closing.scrub))

    reader.read_now(meanwhile)
    asyncio.run(other.maintain(closing.scrub))
    assert (tmp_path / "ledger.sqlite-wal").stat().st_size == 0
    reader.close()
    other.close()


def test_a_ballot_id_is_a_keyed_hash_of_workspace_and_member() -> None:
    key = bytes(range(32))
    assert ballot_id(key, "T1", "U1") == "f8c95fa206330b074d45e7d0bfd27634"
    assert len({ballot_id(key, w, m) for w, m in (("T1", "U1"), ("T1", "U2"), ("T2", "U1"))}) == 3
    assert ballot_id(key, "T1", "U1") != ballot_id(bytes(32), "T1", "U1")


def test_a_key_is_made_once_readable_by_its_owner_only_and_destroyed_for_good(tmp_path: Path) -> None:
    keys = WaveKeyFiles(tmp_path / "keys")
    key = keys.ensure("w1")
    assert len(key) == 32
    assert keys.ensure("w1") == key == keys.read("w1")
    assert keys.ensure("w2") != key
    path = tmp_path / "keys" / "w1.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    same_disk_block = tmp_path / "still linked"
    same_disk_block.hardlink_to(path)
    for _ in range(2):
        keys.destroy("w1")
    assert same_disk_block.read_bytes() == bytes(32)
    with pytest.raises(KeyLost, match="w1"):
        keys.read("w1")


def test_a_key_that_was_cut_off_is_lost_and_said_so(tmp_path: Path) -> None:
    keys = WaveKeyFiles(tmp_path)
    keys.ensure("w1")
    (tmp_path / "w1.key").write_bytes(b"short")
    with pytest.raises(KeyLost, match="5 bytes"):
        keys.ensure("w1")
    (tmp_path / "w2.draft").write_bytes(b"left by a crash")
    assert len(keys.ensure("w2")) == 32
