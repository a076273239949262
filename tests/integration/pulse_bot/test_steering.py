"""A champion looks, approves, extends and stops; an operator sees who gets what and when, and why somebody nothing."""

from datetime import date, timedelta

import pytest

from services.contracts.events import WaveOpened
from services.contracts.topics import TopicName
from services.pulse_bot.kinds import MessageKind
from services.pulse_bot.ledger import preferences
from services.pulse_bot.ledger.models import DeliveryState, WaveState
from services.pulse_bot.ledger.preferences import Preferences
from services.pulse_bot.roster.people import Silence
from services.pulse_bot.waves import planning, steering
from services.pulse_bot.waves.outlook import outlook
from services.pulse_bot.waves.steering import CannotSteer
from tests.integration.pulse_bot.house import BANK, CHAMPION, GONE, GUEST, PEOPLE, House, member
from tests.integration.pulse_bot.processes import draagvlak
from tests.integration.pulse_bot.test_sending import deliveries, sent

STRANGER = member(5)


async def test_a_round_opens_when_as_many_champions_approved_it_as_it_takes(house: House) -> None:
    house.plan(approve=False)
    ledger = house.ledgers[0]
    with pytest.raises(planning.NotAChampion):
        ledger.write_now(steering.approve(house.wave_id(), STRANGER))
    assert not ledger.read_now(lambda c: steering.planned_of(c, house.wave_id(), CHAMPION))[0].opened
    given = ledger.write_now(steering.approve(house.wave_id(), CHAMPION))
    assert (given.given, given.needed, given.complete) == (1, 1, True)
    await house.open_and_send()
    assert (await house.tick()).opened == [house.wave_id()]
    with pytest.raises(CannotSteer) as refused:
        ledger.write_now(steering.approve(house.wave_id(), CHAMPION))
    assert refused.value.reason == "not_planned"


async def test_a_stop_is_final_for_a_planned_and_for_an_open_round(house: House) -> None:
    house.plan()
    ledger = house.ledgers[0]
    with pytest.raises(planning.NotAChampion):
        ledger.write_now(steering.stop(house.wave_id(2), STRANGER))
    assert ledger.write_now(steering.stop(house.wave_id(2), CHAMPION)).state is WaveState.SKIPPED
    await house.open_and_send()
    await house.tick()
    assert ledger.write_now(steering.stop(house.wave_id(), CHAMPION)).state is WaveState.CLOSING
    assert ledger.write_now(steering.stop(house.wave_id(), CHAMPION)).state is WaveState.CLOSING
    assert (await house.tick()).closed == [house.wave_id()]
    await house.clock_to(house.campaign.schedule.opens_at(2) + timedelta(hours=2))
    assert (await house.tick()).opened == []


async def test_an_open_round_is_extended_within_its_limits_and_everybody_is_told_once(house: House) -> None:
    house.plan()
    await house.open_and_send()
    await house.tick()
    ledger, schedule = house.ledgers[0], house.campaign.schedule
    closes, now = schedule.closes_at(1), schedule.opens_at(1) + timedelta(days=2)

    def reason(days: int, number: int = 1) -> str:
        with pytest.raises(CannotSteer) as refused:
            ledger.write_now(steering.extend(house.wave_id(number), CHAMPION, closes + timedelta(days=days), now))
        return refused.value.reason

    assert [reason(0), reason(-1), reason(8), reason(1, number=2)] == ["not_later", "not_later", "too_long", "not_open"]
    longer = closes + timedelta(days=2)
    assert ledger.write_now(steering.extend(house.wave_id(), CHAMPION, longer, now)).closes_at == longer
    for _ in range(2):
        assert (await house.tick()).faults == []
    told = [event for _, event in house.events(TopicName.WAVES) if isinstance(event, WaveOpened)]
    assert [event.closes_at for event in told] == [closes, longer]
    await house.clock_to(closes + timedelta(hours=1))
    assert (await house.tick()).closed == []
    with pytest.raises(CannotSteer):
        ledger.write_now(steering.extend(house.wave_id(), CHAMPION, longer + timedelta(hours=1), longer))
    await house.clock_to(longer + timedelta(minutes=1))
    assert (await house.tick()).closed == [house.wave_id()]


async def test_a_preview_reaches_the_champion_alone_works_to_the_end_and_stores_nothing(house: House) -> None:
    house.plan(approve=False)
    async with house.bot():
        assert (await draagvlak(house, "waves", "preview", house.wave_id(), "--to", STRANGER))[0] == 1
        code, said = await draagvlak(house, "waves", "preview", house.wave_id(), "--to", CHAMPION)
        assert (code, said.strip()) == (0, "sent")
        (message,) = await house.messages(CHAMPION)
        assert message["blocks"][0]["block_id"] == f"preview:{house.wave_id()}"
        assert "Voorbeeld, alleen voor jou" in str(message["blocks"])
        shown = message
        for _ in house.campaign.items_of(1, BANK):
            report = await house.click(CHAMPION, shown, "pulse.answer.3")
            shown = report["shown"] | {"channel": message["channel"], "ts": message["ts"]}
        assert "Dank je wel" in str(shown["blocks"])
        again = await house.click(CHAMPION, shown, "pulse.change")
        assert "Vraag 1 van" in str(again["shown"]["blocks"])
    assert house.events(TopicName.ANSWERS) == []
    for person in range(2, PEOPLE + 1):
        assert await house.messages(member(person)) == []


async def test_the_plan_explains_who_gets_what_and_when_and_why_somebody_gets_nothing(house: House) -> None:
    house.plan()
    ledger = house.ledgers[0]
    opens = house.campaign.schedule.opens_at(1)
    ledger.write_now(preferences.put("T1", member(2), Preferences(paused_until=date(9999, 1, 1))))
    ledger.write_now(preferences.put("T1", member(3), Preferences(days_off=(1,))))
    (house.folder / "roster.csv").write_text(
        (house.folder / "roster.csv").read_text().replace("member,node\n", "member,node,leave_from,leave_until\n")
        .replace("noord\n", "noord,,\n").replace("zuid\n", "zuid,,\n").replace("proef\n", "proef,,\n")
        .replace(f"{member(4)},noord,,", f"{member(4)},noord,2020-01-01,")
    )  # fmt: skip
    async with house.workshop() as workshop:
        plan = await outlook(ledger, workshop.slack, house.settings, house.wave_id())
    people = {person.member: person for person in plan.people}
    why = {name: person.silence for name, person in people.items() if person.silence}
    assert why == {
        member(2): Silence.PAUSED,
        member(4): Silence.ON_LEAVE,
        GUEST: Silence.GUEST,
        GONE: Silence.DEACTIVATED,
        "U99": Silence.NOT_IN_SLACK,
    }
    assert people[member(1)].invitation == opens + timedelta(hours=1)
    assert people[member(3)].invitation == opens + timedelta(days=1, hours=1)
    assert people[member(11)].unit != "proef"
    assert plan.invited == PEOPLE - 2
    code, said = await draagvlak(house, "waves", "plan", "--explain")
    assert code == 0, said
    for words in ("has paused messages", "on leave until the close", "a guest", "deactivated in Slack", "10:00"):
        assert words in said
    assert f"{PEOPLE - 2} people are invited" in said
    assert (await house.wave()).state is WaveState.PLANNED
    assert await house.messages(member(1)) == []


async def test_an_opened_round_shows_what_was_sent_and_late_joiners_wait_for_the_next(house: House) -> None:
    house.plan()
    roster, late = house.folder / "roster.csv", member(PEOPLE)
    everybody = roster.read_text()
    roster.write_text(everybody.replace(f"{late},proef\n", ""))
    await house.open_and_send()
    await house.tick()
    roster.write_text(everybody)
    async with house.workshop() as workshop:
        plan = await outlook(house.ledgers[0], workshop.slack, house.settings, house.wave_id())
    people = {person.member: person for person in plan.people}
    assert people[late].silence is Silence.JOINED_LATE
    assert people[member(1)].sent == {MessageKind.INVITATION}
    await house.tick()
    assert await deliveries(house) == {DeliveryState.SENT: PEOPLE - 1}
    assert await sent(house, late) == 0
    await house.clock_to(house.campaign.schedule.opens_at(2) + timedelta(hours=1, minutes=1))
    report = await house.tick()
    assert (report.closed, report.opened) == ([house.wave_id()], [house.wave_id(2)])
    wanted = f"invitation:{house.wave_id(2)}"
    assert [m["blocks"][0]["block_id"] for m in await house.messages(late)] == [wanted]
