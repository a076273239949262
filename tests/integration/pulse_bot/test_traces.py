"""The bot's traces: of a wave, and of ten people who answered; never of a press, of a person, or of one answer."""

from services.contracts.topics import TopicName
from services.pulse_bot.ledger.models import WaveState
from services.runtime.metric_names.kinds import Service
from services.runtime.tracing.context import of_wave
from tests.collector import traced
from tests.integration.pulse_bot.house import PEOPLE, House, eventually, member
from tests.integration.pulse_bot.test_sending import EVERYBODY

ALLOWED = {"wave.open", "wave.send", "wave.close", "answers.stored", "event.publish"}


async def test_a_wave_is_one_trace_and_no_press_is_in_it(house: House) -> None:
    house.plan()
    root = of_wave(house.wave_id())
    trace_id, span_id = f"{root.trace_id:032x}", f"{root.span_id:016x}"
    with traced(Service.BOT) as (tracer, collector):
        async with house.bot():
            await house.open_and_send()
            for person in EVERYBODY:
                await house.answer_all(person, [1, 2, None, 4, 5])
            await house.clock_to(house.campaign.schedule.closes_at(1))

            async def closed() -> bool:
                return (await house.wave()).state is WaveState.CLOSED

            await eventually(closed)
        tracer.flush()
        spans = collector.spans
        assert {span.name for span in spans} <= ALLOWED
        (opened,) = collector.named("wave.open")
        assert (opened.trace_id, opened.span_id, opened.parent) == (trace_id, span_id, "")
        for span in collector.named("wave.send") + collector.named("wave.close"):
            assert (span.trace_id, span.parent) == (trace_id, span_id)
        assert sum(span.attributes["draagvlak.messages"] for span in collector.named("wave.send")) >= PEOPLE
        assert collector.named("wave.close")

        stored = collector.named("answers.stored")
        assert stored, "twelve people answered"
        assert len(stored) == 1, "and one span tells of ten of them and more"
        assert stored[0].links == {(trace_id, span_id)}
        assert stored[0].trace_id != trace_id

        answers = house.events(TopicName.ANSWERS)
        assert len(answers) > 5 * PEOPLE
        assert all(list(record.headers) == [] for record, _ in answers)
        (wave, *_) = [record for record, _ in house.events(TopicName.WAVES)]
        assert list(wave.headers) == [("traceparent", root.traceparent.encode())]

        told = b"".join(collector.raw)
        for _, event in answers:
            assert str(event.event_id).encode() not in told
            ballot = getattr(event, "ballot_id", None)
            assert ballot is None or ballot.encode() not in told
        for word in [*(member(n) for n in range(1, PEOPLE + 1)), "T1", "noord", "zuid", "JS1"]:
            assert word.encode() not in told, word
