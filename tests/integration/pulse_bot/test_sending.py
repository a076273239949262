"""Opening and sending: only what is approved, only to whom it belongs, at the hour, and never twice."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from services.contracts.events import AnswerGiven, WaveOpened
from services.contracts.topics import TopicName
from services.contracts.units import joint_id
from services.pulse_bot.ledger import contacts, invitations, waves
from services.pulse_bot.ledger.invitations import Posted
from services.pulse_bot.ledger.models import DeliveryState, WaveState
from services.pulse_bot.messages.message import Message
from services.pulse_bot.slack import Slack
from services.pulse_bot.slack_faults import PersonUnreachable, SlackRefuses, SlackUncertain
from services.pulse_bot.waves import planning
from services.pulse_bot.waves.pacing import Pace
from services.pulse_bot.waves.sending import Sending
from services.pulse_bot.waves.tick import Ticker
from tests.integration.pulse_bot.house import (
    CHAMPION,
    GONE,
    GUEST,
    PEOPLE,
    House,
    build,
    eventually,
    member,
    next_monday,
    write_campaign,
)

SMALL = {"noord": (6, 7), "zuid": (8, 9), "oost": (10, 11), "west": (12,)}
EVERYBODY = [member(n) for n in range(1, PEOPLE + 1)]


async def sent(house: House, person: str, kind: str = "invitation") -> int:
    wanted = f"{kind}:{house.wave_id()}"
    return sum(message["blocks"][0].get("block_id") == wanted for message in await house.messages(person))


async def deliveries(house: House) -> dict[DeliveryState, int]:
    return await house.ledgers[0].read(lambda c: invitations.delivery_counts(c, house.wave_id()))


async def silent(_: Slack, person: str, message: Message) -> Posted:
    """Slack does not answer."""
    raise SlackUncertain("chat.postMessage", "TimeoutError")


async def test_an_unapproved_wave_does_not_open_and_is_skipped_once_its_time_has_passed(house: House) -> None:
    house.plan(approve=False)
    await house.open_and_send()
    assert (await house.tick()).opened == []
    assert (await house.wave()).state is WaveState.PLANNED
    await house.clock_to(house.campaign.schedule.closes_at(1))
    assert (await house.tick()).skipped == [house.wave_id()]
    assert house.events(TopicName.WAVES) == []


async def test_only_people_of_the_roster_whom_slack_can_reach_are_invited_and_small_units_are_merged(
    house: House,
) -> None:
    house.plan()
    await house.open_and_send()
    await house.tick()
    assert [await sent(house, person) for person in EVERYBODY] == [1] * PEOPLE
    for outsider in (GUEST, GONE):
        assert not (await house.act.get("/act/messages", params={"user": outsider})).json().get("messages")
    ((_, opened),) = house.events(TopicName.WAVES)
    assert isinstance(opened, WaveOpened)
    assert all(node.invited == 0 or node.invited >= 5 for node in opened.nodes)
    assert "proef" not in {node.id for node in opened.nodes}


async def test_the_wave_opens_at_its_time_and_invitations_wait_for_the_persons_hour(house: House) -> None:
    house.plan()
    opens = house.campaign.schedule.opens_at(1)
    await house.clock_to(opens - timedelta(minutes=1))
    assert (await house.tick()).opened == []
    await house.clock_to(opens + timedelta(minutes=1))
    assert (await house.tick()).opened == [house.wave_id()]
    assert await deliveries(house) == {DeliveryState.DUE: PEOPLE}
    await house.clock_to(opens + timedelta(hours=1))
    await house.tick()
    assert await deliveries(house) == {DeliveryState.SENT: PEOPLE}


async def test_a_round_of_small_teams_with_long_names_opens_and_takes_answers(house: House) -> None:
    teams = {f"wijkverpleging-{name}-{'en-omstreken-' * 6}": members for name, members in SMALL.items()}
    text = {"nl": "Wijkverpleging", "en": "District nursing"}
    nodes = [
        {"id": "organisation", "parent": None, "name": text},
        {"id": "noord", "parent": "organisation", "name": text},
    ]
    nodes += [{"id": team, "parent": "organisation", "name": text} for team in teams]
    write_campaign(house.folder, house.campaign_id, tree={"nodes": nodes})
    rows = [f"{member(n)},{team}" for team, numbers in {"noord": range(1, 6), **teams}.items() for n in numbers]
    (house.folder / "roster.csv").write_text("\n".join(["member,node", *rows]) + "\n")
    house.plan()
    async with house.bot():
        await house.open_and_send()
        await house.answer_all(member(12), [1, 2, 3, 4, 5])
    ((_, opened),) = house.events(TopicName.WAVES)
    assert isinstance(opened, WaveOpened)
    unit = joint_id(teams)
    assert {node.id: node.invited for node in opened.nodes if node.invited} == {"noord": 5, unit: 7}
    given = [event for _, event in house.events(TopicName.ANSWERS) if isinstance(event, AnswerGiven)]
    assert {answer.node_id for answer in given} == {unit}


async def test_one_reminder_half_way_goes_to_those_who_have_not_answered(house: House) -> None:
    house.plan()
    schedule = house.campaign.schedule
    async with house.bot():
        await house.open_and_send()
        await house.answer_all(member(1), [1, 2, 3, 4, 5])
        assert await sent(house, member(2), "reminder") == 0
        await house.clock_to(schedule.opens_at(1) + timedelta(days=4, hours=2))
        for person in EVERYBODY[1:]:
            await eventually(lambda person=person: sent(house, person, "reminder"))
        await house.clock_to(schedule.opens_at(1) + timedelta(days=6))
        (first, second) = await house.messages(member(2))
        report = await house.click(member(2), second, "pulse.answer.3")
        assert report["shown"]["blocks"][0]["block_id"] == f"reminder:{house.wave_id()}"
    await house.tick()
    assert [await sent(house, person, "reminder") for person in EVERYBODY] == [0] + [1] * (PEOPLE - 1)
    assert first["blocks"][0]["block_id"] == f"invitation:{house.wave_id()}"


async def test_who_is_invited_late_is_reminded_on_a_later_day_and_never_with_the_same_tick(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule = {"starts_on": next_monday().date().isoformat(), "waves": 1, "open_days": 10, "holidays": None}
    write_campaign(house.folder, house.campaign_id, schedule=schedule)
    house.plan(approve=False)
    monday = house.campaign.schedule.opens_at(1) + timedelta(days=7, hours=2)  # past half-way and the hour of reminders
    await house.clock_to(monday)
    assert (await house.tick()).opened == []
    await house.ledgers[0].write(planning.approve(house.campaign_id, CHAMPION))
    with monkeypatch.context() as patch:
        patch.setattr(Slack, "post_once", silent)
        await house.tick()
    day = monday.date()
    counted = [await house.ledgers[0].read(lambda c, p=p: contacts.spent(c, "T1", p, day)) for p in EVERYBODY]
    assert counted == [1] * PEOPLE, "nobody is counted as reminded whose invitation is not confirmed"
    await house.tick()  # looks for them in the DMs: due again
    for hours in (1, 2, 5):
        await house.clock_to(monday + timedelta(hours=hours))
        await house.tick()
        assert [await sent(house, person) for person in EVERYBODY] == [1] * PEOPLE
        assert [await sent(house, person, "reminder") for person in EVERYBODY] == [0] * PEOPLE
    await house.clock_to(monday + timedelta(days=1, hours=-2))  # Tuesday, before the hour
    await house.tick()
    assert [await sent(house, person, "reminder") for person in EVERYBODY] == [0] * PEOPLE
    await house.clock_to(monday + timedelta(days=1))
    await house.tick()
    assert [await sent(house, person, "reminder") for person in EVERYBODY] == [1] * PEOPLE


async def test_a_post_without_an_answer_is_looked_up_and_never_repeated(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.plan()
    await house.open_and_send()
    real = Slack.post_once
    posts = 0

    async def flaky(self: Slack, person: str, message: Message) -> Posted:
        nonlocal posts
        posts += 1
        if posts % 3 == 0:
            await real(self, person, message)
            raise SlackUncertain("chat.postMessage", "TimeoutError")  # it had arrived
        if posts % 3 == 1:
            raise SlackUncertain("chat.postMessage", "internal_error")  # it had not
        return await real(self, person, message)

    monkeypatch.setattr(Slack, "post_once", flaky)
    await house.tick()
    counts = await deliveries(house)
    assert counts[DeliveryState.CLAIMED] > 0
    for _ in range(10):
        await house.tick()
    assert await deliveries(house) == {DeliveryState.SENT: PEOPLE}
    assert [await sent(house, person) for person in EVERYBODY] == [1] * PEOPLE


async def test_an_uncertain_post_is_not_looked_up_before_slack_had_time(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.plan()
    await house.open_and_send()

    async def silent(_: Slack, person: str, message: Message) -> Posted:
        raise SlackUncertain("chat.postMessage", "TimeoutError")

    async def looked_up(_: Slack, person: str, first_block: str) -> None:
        raise AssertionError("looked up too early")

    monkeypatch.setattr(Slack, "post_once", silent)
    monkeypatch.setattr(Slack, "find", looked_up)
    async with house.workshop(settle_after_seconds=60) as workshop:
        ticker = Ticker(workshop, Sending(Pace(0)))
        for _ in range(2):
            assert (await ticker.tick()).faults == []
    assert await deliveries(house) == {DeliveryState.CLAIMED: PEOPLE}


async def test_one_person_out_of_reach_costs_nobody_else_a_message(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.plan()
    await house.open_and_send()
    real = Slack.post_once

    async def post(self: Slack, person: str, message: Message) -> Posted:
        if person == member(4):
            raise PersonUnreachable("chat.postMessage", "user_disabled")
        return await real(self, person, message)

    monkeypatch.setattr(Slack, "post_once", post)
    for _ in range(2):
        assert (await house.tick()).faults == []
    assert await deliveries(house) == {DeliveryState.SENT: PEOPLE - 1, DeliveryState.FAILED: 1}


async def test_a_revoked_token_stops_sending_with_a_clear_word_and_nobody_is_lost(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.plan()
    await house.open_and_send()
    real = Slack.post_once

    async def revoked(self: Slack, person: str, message: Message) -> Posted:
        raise SlackRefuses("chat.postMessage", "token_revoked")

    monkeypatch.setattr(Slack, "post_once", revoked)
    report = await house.tick()
    assert "token_revoked" in report.faults[0]
    assert await deliveries(house) == {DeliveryState.DUE: PEOPLE}
    monkeypatch.setattr(Slack, "post_once", real)
    await house.tick()
    assert await deliveries(house) == {DeliveryState.SENT: PEOPLE}


async def test_a_wave_that_is_stopped_while_it_sends_sends_no_further_message(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.plan()
    await house.open_and_send()
    real = Slack.post_once
    posted: list[str] = []

    async def stopping(self: Slack, person: str, message: Message) -> Posted:
        if not posted:  # at once: while the stop waited for its turn, messages before it would be on their way too
            house.ledgers[0].write_now(lambda c: waves.begin_closing(c, house.wave_id(), "champion"))
        posted.append(person)
        return await real(self, person, message)

    monkeypatch.setattr(Slack, "post_once", stopping)
    await house.tick()
    assert len(posted) == 1  # the one that was on its way; nobody after it


async def test_of_two_ticks_at_once_one_works_and_everybody_gets_one_message(house: House) -> None:
    house.plan()
    await house.open_and_send()
    reports = await asyncio.gather(house.tick(holder="a"), house.tick(holder="b"))
    assert sorted(report.busy_elsewhere is None for report in reports) == [False, True]
    assert [await sent(house, person) for person in EVERYBODY] == [1] * PEOPLE


async def test_slacks_rate_is_respected_and_everybody_is_reached(tmp_path: Any, topics_there: str, reader: Any) -> None:
    async with build(tmp_path, topics_there, reader, "rated", rate_scale=0.035) as house:  # 10 at once, 10 a minute
        house.plan()
        await house.open_and_send()
        house.settings = house.settings.model_copy(update={"send_per_minute": 0})
        task = asyncio.create_task(house.tick())
        async with asyncio.timeout(240):
            report = await task
            while report.more_to_do or report.faults:
                report = await house.tick()
        assert await deliveries(house) == {DeliveryState.SENT: PEOPLE}
        assert [await sent(house, person) for person in EVERYBODY] == [1] * PEOPLE


async def test_a_broken_roster_opens_nothing_and_is_told_by_line(house: House) -> None:
    house.plan()
    await house.open_and_send()
    roster = house.folder / "roster.csv"
    good = roster.read_text()
    roster.write_text(good + "U55,maan\n")
    report = await house.tick()
    assert "roster.csv:17" in report.faults[0]
    assert "U55" not in report.faults[0]
    assert (await house.wave()).state is WaveState.PLANNED
    roster.write_text("member,node\nU01,noord\n")
    assert "fewer than 5" in (await house.tick()).faults[0]
    roster.write_text(good)
    assert (await house.tick()).opened == [house.wave_id()]
