"""A wave straight into Kafka is told as the bot tells it: what is counted at the close is what was sent."""

from collections import Counter

from sandbox.story.simulation import simulation_of
from sandbox.story.straight import answers_of, closing_of, opening_of


def test_the_close_counts_the_ballots_that_were_sent_in_units_that_were_opened() -> None:
    wave = simulation_of().wave(4)
    answers = list(answers_of(wave))
    assert Counter(answer.item_id for answer in answers) == Counter(
        item for sheet in wave.sheets for item in sheet.final
    )
    units = {answer.ballot_id: answer.node_id for answer in answers}
    assert len(units) == len(wave.sheets)
    opened, closed = opening_of(wave), closing_of(wave)
    assert {unit.node_id: unit.acknowledged for unit in closed.units if unit.acknowledged} == Counter(units.values())
    assert {unit.node_id for unit in closed.units} == {node.id for node in opened.nodes if node.invited}
    assert all(unit.acknowledged == unit.with_revision for unit in closed.units)


def test_ballots_lead_to_nobody_and_differ_each_time() -> None:
    wave = simulation_of().wave(1)
    first, second = ({answer.ballot_id for answer in answers_of(wave)} for _ in range(2))
    assert not first & second
    text = " ".join(str(answer) for answer in answers_of(wave))
    assert not [sheet.member for sheet in wave.sheets if sheet.member in text]
