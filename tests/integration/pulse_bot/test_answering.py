"""One answer on its way: signed click, ledger, Kafka, and only then the next question."""

from services.contracts.events import AnswerGiven, WaveEnd, WaveOpened
from services.contracts.topics import TOPICS, TopicName
from tests.integration.pulse_bot.house import House, eventually, member


async def test_answers_of_a_person_arrive_in_kafka_under_one_ballot_and_thanks_are_said(house: House) -> None:
    house.plan()
    async with house.bot():
        await house.open_and_send()
        thanks = await house.answer_all(member(1), [1, 5, None, 2, 3])
        assert "Dank je wel" in thanks["blocks"][0]["text"]["text"]
        (opened,) = [event for _, event in house.events(TopicName.WAVES) if isinstance(event, WaveOpened)]
        assert sum(node.invited for node in opened.nodes) == 12
        answers = [event for _, event in house.events(TopicName.ANSWERS) if isinstance(event, AnswerGiven)]
        assert {(a.item_id, a.value) for a in answers} == {("A1", 1), ("A2", 5), ("JS1", None), ("JS2", 2), ("JS3", 3)}
        assert len({a.ballot_id for a in answers}) == 1
        assert sorted(a.revision for a in answers) == [1, 2, 3, 4, 5]
        assert {a.node_id for a in answers} == {"noord"} or {a.node_id for a in answers} == {"noord+proef"}

        await house.clock_to(house.campaign.schedule.closes_at(1))

        async def closed() -> bool:
            return (await house.wave()).state == "closed"

        await eventually(closed)
        ends = [record for record, event in house.events(TopicName.ANSWERS) if isinstance(event, WaveEnd)]
        assert sorted(record.partition for record in ends) == list(range(TOPICS[TopicName.ANSWERS].partitions))
