"""One answer on its way: signed click, ledger, Kafka, and only then the next question."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import httpx
import orjson
import pytest

from sandbox import broker as brokers
from services.contracts.events import AnswerGiven, WaveOpened
from services.contracts.topics import TopicName, record_timestamp_ms
from services.pulse_bot.answers import patience
from services.pulse_bot.answers.records import RecordWriter
from services.pulse_bot.ledger.models import WaveState
from tests.integration.pulse_bot.conftest import create_topics
from tests.integration.pulse_bot.house import DAY_MS, House, eventually, member
from tests.integration.pulse_bot.slack_requests import block_actions, deliver, form


def answers(house: House) -> list[AnswerGiven]:
    return [event for _, event in house.events(TopicName.ANSWERS) if isinstance(event, AnswerGiven)]


def words(message: dict[str, Any]) -> str:
    return orjson.dumps(message["blocks"]).decode()


async def test_answers_of_a_person_arrive_in_kafka_under_one_ballot_and_thanks_are_said(house: House) -> None:
    house.plan()
    first_day = record_timestamp_ms(datetime.now(UTC).date())
    async with house.bot():
        await house.open_and_send()
        thanks = await house.answer_all(member(1), [1, 5, None, 2, 3])
        assert "Dank je wel" in words(thanks)
        (opened,) = [event for _, event in house.events(TopicName.WAVES) if isinstance(event, WaveOpened)]
        given = answers(house)
        assert {(a.item_id, a.value) for a in given} == {("A1", 1), ("A2", 5), ("JS1", None), ("JS2", 2), ("JS3", 3)}
        assert len({a.ballot_id for a in given}) == 1
        assert sorted(a.revision for a in given) == [1, 2, 3, 4, 5]
        invited = {node.id: node.invited for node in opened.nodes}
        assert invited[given[0].node_id] >= 5
        assert sum(invited.values()) == 12
        (stamp,) = {record.timestamp for record, _ in house.events(TopicName.ANSWERS)}
        assert stamp in (first_day, first_day + DAY_MS), "midnight of the day on which the wave was opened"
        assert {record.key for record, _ in house.events(TopicName.ANSWERS)} == {given[0].ballot_id.encode()}
        assert not [record.headers for record, _ in house.events(TopicName.ANSWERS) if record.headers]


async def test_people_read_their_own_language(house: House) -> None:
    house.plan()
    async with house.bot():
        await house.open_and_send()
        assert "I would rather not say" in words(await house.invitation(member(2)))
        assert "Zeg ik liever niet" in words(await house.invitation(member(3)))
        assert "Thank you" in words(await house.answer_all(member(2), [1, 1, 1, 1, 1]))


async def test_who_changes_answers_starts_at_the_first_question_and_the_later_revision_wins(house: House) -> None:
    house.plan()
    async with house.bot():
        await house.open_and_send()
        thanks = await house.answer_all(member(1), [1, 1, 1, 1, 1])
        report = await house.click(member(1), thanks, "pulse.change")
        assert "Vraag 1 van 5" in words(report["shown"])
        assert len(answers(house)) == 5
        shown = report["shown"] | {"channel": thanks["channel"], "ts": thanks["ts"]}
        await house.click(member(1), shown, "pulse.answer.4")
        first = sorted((a.revision, a.value) for a in answers(house) if a.item_id == "A1")
        assert first == [(1, 1), (6, 4)]
        assert len({a.ballot_id for a in answers(house)}) == 1


async def test_a_payload_delivered_twice_and_a_double_click_show_the_next_question_once_more(house: House) -> None:
    house.plan()
    async with house.bot():
        await house.open_and_send()
        invitation = await house.invitation(member(1))
        report = await house.click(member(1), invitation, "pulse.answer.2", delivery="twice")
        assert [each["status"] for each in report["deliveries"]] == [200, 200]
        assert "Vraag 2 van 5" in words(report["shown"])
        assert {(a.item_id, a.value) for a in answers(house)} == {("A1", 2)}
        assert sorted(a.revision for a in answers(house)) == [1, 2]


FOREIGN = [
    (member(1), "invitation|{wave}|0|A2|3", "hoort niet bij deze ronde"),
    (member(1), "invitation|{wave}|0|ZZ9|3", "hoort niet bij deze ronde"),
    (member(1), "invitation|{wave}|9|A1|3", "hoort niet bij deze ronde"),
    (member(1), "invitation|{wave}|-1|JS3|3", "hoort niet bij deze ronde"),
    (member(1), "invitation|{wave}|0|A1|6", "hoort niet bij deze ronde"),
    (member(1), "invitation|{wave}|0|A1|0", "hoort niet bij deze ronde"),
    (member(1), "invitation|{wave}|0|A1|x", "hoort niet bij deze ronde"),
    (member(1), "", "hoort niet bij deze ronde"),
    (member(1), "invitation|nowhere|0|A1|3", "ronde is gesloten"),
    (member(1), "invitation|{next}|0|A1|3", "niet uitgenodigd"),
    ("U90", "invitation|{wave}|0|A1|3", "niet uitgenodigd"),
    ("U77", "invitation|{wave}|0|A1|3", "niet uitgenodigd"),
]


async def test_what_does_not_belong_gets_a_kind_word_and_is_not_stored(house: House) -> None:
    house.plan()
    async with house.bot() as client, Recorder() as replies:
        await house.open_and_send()
        await house.invitation(member(1))
        for person, value, says in FOREIGN:
            carried = value.format(wave=house.wave_id(), next=house.wave_id(2))
            answer = await deliver(client, form(block_actions(person, carried, response_url=replies.url)))
            assert (answer.status_code, says in await replies.first()) == (200, True), value
        assert answers(house) == []


async def test_someone_with_the_same_id_in_another_workspace_is_not_the_person_invited(house: House) -> None:
    house.plan()
    async with house.bot() as client, Recorder() as replies:
        await house.open_and_send()
        await house.invitation(member(1))
        payload = block_actions(
            member(1), f"invitation|{house.wave_id()}|0|A1|3", team={"id": "T2"}, response_url=replies.url
        )
        await deliver(client, form(payload))
        assert "niet uitgenodigd" in await replies.first()
        assert answers(house) == []


async def test_a_click_after_the_close_turns_the_message_into_a_goodbye(house: House) -> None:
    house.plan()
    async with house.bot():
        await house.open_and_send()
        invitation = await house.invitation(member(1))
        await house.click(member(1), invitation, "pulse.answer.1")
        await house.clock_to(house.campaign.schedule.closes_at(1))

        async def closed() -> bool:
            return (await house.wave()).state is WaveState.CLOSED

        await eventually(closed)
        (now,) = await house.messages(member(1))
        report = await house.click(member(1), now, "pulse.answer.2")
        assert report["status"] == 200
        assert "Deze ronde is gesloten" in words(report["shown"])
        assert "pulse.answer" not in words(report["shown"])
        assert [a.value for a in answers(house)] == [1]


async def test_without_kafka_people_are_asked_to_press_again_and_nothing_counts_as_stored(house: House) -> None:
    house.plan()
    with brokers.running() as other:
        create_topics(other)
        house.settings = house.settings.model_copy(update={"kafka_bootstrap": other})
        bot = house.bot(answer_deadline_seconds=3.0)
        client = await bot.__aenter__()
        await house.open_and_send()
        invitation = await house.invitation(member(1))
    # the broker is gone now
    try:
        began = asyncio.get_running_loop().time()
        report = await house.click(member(1), invitation, "pulse.answer.1")
        assert report["status"] == 200
        assert asyncio.get_running_loop().time() - began < 20, "nobody waits until Kafka's 30 s are over"
        assert "Druk nog een keer" in words(report["shown"])
        assert "pulse.answer.1" in words(report["shown"])
        assert await answered(house) == 0
        assert (await client.get("/healthz/live")).status_code == 200
    finally:
        await bot.__aexit__(None, None, None)


async def test_a_broker_that_is_silent_for_a_while_costs_a_second_press_and_no_answer(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.plan()
    real = RecordWriter.send
    held: list[asyncio.Future[None]] = []

    def silent(self: RecordWriter, record: Any) -> asyncio.Future[None]:
        sent = real(self, record)
        if record.topic is not TopicName.ANSWERS:
            return sent
        late: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        held.append(late)
        return late

    def a_while_ago() -> dict[str, Any]:
        return {key: moment - 599.5 for key, moment in patience.arriving().items()}

    async def handed_over() -> bool:
        return bool(held)

    async with house.bot(answer_deadline_seconds=600.0):
        await house.open_and_send()
        invitation = await house.invitation(member(1))
        monkeypatch.setattr(RecordWriter, "send", silent)
        with monkeypatch.context() as hurried:
            hurried.setattr("services.pulse_bot.front.arriving", a_while_ago)
            report = await house.click(member(1), invitation, "pulse.answer.1")
        assert "Druk nog een keer" in words(report["shown"])
        assert await answered(house) == 0
        await eventually(handed_over)
        held[0].set_result(None)  # it had landed after all

        async def counted() -> bool:
            return await answered(house) == 1

        await eventually(counted)
        monkeypatch.setattr(RecordWriter, "send", real)
        shown = report["shown"] | {"channel": invitation["channel"], "ts": invitation["ts"]}
        report = await house.click(member(1), shown, "pulse.answer.5")
        assert "Vraag 2 van 5" in words(report["shown"])
        assert sorted((a.revision, a.value) for a in answers(house)) == [(1, 1), (2, 5)]


async def test_a_press_that_has_waited_at_the_door_is_answered_so_much_sooner(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The deadline runs from the arrival of the request: what it waited for before the ledger is not on top."""
    house.plan()

    held: list[asyncio.Future[None]] = []

    def silent(_: RecordWriter, record: Any) -> asyncio.Future[None]:
        held.append(asyncio.get_running_loop().create_future())
        return held[-1]

    def long_ago() -> dict[str, Any]:
        return {key: moment - 600 for key, moment in patience.arriving().items()}

    async with house.bot(answer_deadline_seconds=600.0):
        await house.open_and_send()
        invitation = await house.invitation(member(1))
        monkeypatch.setattr("services.pulse_bot.front.arriving", long_ago)
        with monkeypatch.context() as quiet:
            quiet.setattr(RecordWriter, "send", silent)
            report = await house.click(member(1), invitation, "pulse.answer.1")
        assert "Druk nog een keer" in words(report["shown"])
        for acknowledged in held:
            acknowledged.set_result(None)


async def answered(house: House) -> int:
    """How many flags say that a first answer was acknowledged."""
    statement = "SELECT count(*) FROM invitation WHERE answered = 1"
    ledger = house.ledgers[0]
    return await ledger.read(lambda c: c.exec_driver_sql(statement).scalar_one())


class Recorder:
    """A ``response_url`` that keeps what is said to it."""

    def __init__(self) -> None:
        self._said: asyncio.Queue[str] = asyncio.Queue()
        self.url = ""

    async def __aenter__(self) -> "Recorder":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/response"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def first(self) -> str:
        return await asyncio.wait_for(self._said.get(), 60)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(httpx.Headers(dict(_headers(head))).get("content-length", "0"))
        self._said.put_nowait((await reader.readexactly(length)).decode())
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        await writer.drain()
        writer.close()


def _headers(head: bytes) -> list[tuple[str, str]]:
    lines = head.decode().split("\r\n")[1:]
    return [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines if line)]
