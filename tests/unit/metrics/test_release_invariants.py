"""Invariants of the whole document: what must change nothing, and what must never reveal more."""

import random
from collections.abc import Mapping
from dataclasses import replace

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from services.contracts.base import ROOT_ID
from services.contracts.survey import Polarity
from services.metrics.release.arms import Announcement
from services.metrics.release.ballots import Ballot, count
from services.metrics.release.class_tables import WaveClasses
from services.metrics.release.compute import Beside, Heard, UnfinishedWindow, class_tables, compute
from tests.attacker.attack import attack
from tests.attacker.organisations import Organisation, stressful
from tests.unit.metrics.organisations import PULSE, Spec
from tests.unit.metrics.rounds import wave_of

TEAMS: Spec = {"a": (25, 18), "a/p": (4, 3), "b": (30, 20), "c": (6, 4), "d": (12, 7), "e": (16, 11)}
PHASES = {"b": "pilot", "d": "pilot"}
SEEDS = st.integers(0, 2**32)


def cast(seed: int, number: int, teams: Spec = TEAMS) -> list[Ballot]:
    dice = random.Random(f"{seed} {number}")
    return [
        Ballot(
            f"{dice.getrandbits(128):032x}",
            unit,
            {i.id: None if dice.random() < 0.05 else dice.randint(1, i.points) for i in PULSE},
        )
        for unit, (_, answered) in teams.items()
        for _ in range(answered if isinstance(answered, int) else 0)
    ]


def tables(number: int, ballots: list[Ballot], teams: Spec = TEAMS) -> WaveClasses:
    wave = wave_of(teams, number, PHASES)
    return class_tables(wave, count(wave.nodes, PULSE, ballots).units)[0]


def third(seed: int, ballots: list[Ballot] | None = None) -> bytes:
    """The document of a third wave, with its window and an announcement."""
    before = tuple(tables(number, cast(seed, number)) for number in (1, 2))
    wave = wave_of(TEAMS, 3, PHASES)
    training = Heard(Announcement("training", frozenset({"b"})), before)
    beside = Beside(UnfinishedWindow("window", before, ()), (training,))
    return compute(wave, count(wave.nodes, PULSE, ballots or cast(seed, 3)), beside).published.content


@given(SEEDS)
@settings(max_examples=15, deadline=None)
def test_neither_the_order_of_ballots_nor_of_their_answers_changes_a_byte(seed: int) -> None:
    ballots = cast(seed, 3)
    dice = random.Random(seed)
    shuffled = [
        replace(ballot, answers=dict(dice.sample(list(ballot.answers.items()), len(ballot.answers))))
        for ballot in dice.sample(ballots, len(ballots))
    ]
    assert third(seed, shuffled) == third(seed)


@given(SEEDS)
@settings(max_examples=15, deadline=None)
def test_a_change_of_answers_inside_a_class_that_keeps_its_histograms_changes_no_byte(seed: int) -> None:
    """Whole ballots change hands between units that no published node tells apart; nobody here is left out by lot."""
    ballots = cast(seed, 3)
    wave = wave_of(TEAMS, 3, PHASES)
    known, _ = class_tables(wave, count(wave.nodes, PULSE, ballots).units)
    dice = random.Random(seed + 1)
    dealt = {}
    for class_id in set(known.class_of.values()):
        # A class of distributions is a union of classes of scores, so both kinds of tables stay as they are.
        members = [ballot for ballot in ballots if known.class_of[ballot.unit] == class_id]
        for taker, giver in zip(members, dice.sample(members, len(members)), strict=True):
            dealt[taker.ballot_id] = replace(taker, answers=giver.answers)
    assert third(seed, [dealt.get(ballot.ballot_id, ballot) for ballot in ballots]) == third(seed)


def relabelled(content: bytes, names: Mapping[str, str]) -> object:
    """The document with the names of nodes exchanged, its rows in an order that no name decides."""

    def renamed(value: object) -> object:
        if isinstance(value, dict):
            return {key: renamed(inner) for key, inner in value.items() if key != "name"}
        if isinstance(value, list):
            return sorted((renamed(inner) for inner in value), key=orjson.dumps)
        return names.get(value, value) if isinstance(value, str) else value

    return renamed(orjson.loads(content))


@given(SEEDS)
@settings(max_examples=15, deadline=None)
def test_other_names_for_the_teams_give_the_same_numbers_under_those_names(seed: int) -> None:
    """Teams of which no two have as many answers, so that no name decides which of two is hidden."""
    teams: Spec = {"a": (25, 18), "b": (30, 21), "c": (6, 4), "d": (12, 7), "e": (16, 11)}
    names = dict(zip("abcde", "vwxyz", strict=True))
    items = PULSE
    ballots = [replace(b, answers={i: v or 3 for i, v in b.answers.items()}) for b in cast(seed, 1, teams)]

    def document(spec: Spec, given_by: list[Ballot]) -> bytes:
        wave = wave_of(spec)
        return compute(wave, count(wave.nodes, items, given_by)).published.content

    other = document(
        {names[team]: counts for team, counts in teams.items()},
        [replace(ballot, unit=names[ballot.unit]) for ballot in ballots],
    )
    assert relabelled(document(teams, ballots), names) == relabelled(other, {})


@given(st.integers(0, 5_000), st.data())
@settings(max_examples=60, deadline=None)
def test_adding_a_person_never_reveals_a_group_under_the_floor(seed: int, data: st.DataObject) -> None:
    """Somebody is invited and answers in some waves: the new organisation withstands the attacker like the old one."""
    instance = stressful(seed)
    unit = data.draw(st.sampled_from([u for u, n in instance.invited.items() if n > 0] or [ROOT_ID]))
    answers_in = data.draw(st.sets(st.integers(0, len(instance.waves) - 1)))
    assert attack(with_one_more(instance, unit, answers_in)) == ()


def with_one_more(instance: Organisation, unit: str, answers_in: set[int]) -> Organisation:
    waves = tuple(
        replace(
            wave,
            nodes=tuple(node.model_copy(update={"invited": node.invited + (node.id == unit)}) for node in wave.nodes),
        )
        for wave in instance.waves
    )
    answers = []
    for number, units in enumerate(instance.answers):
        tally, came = units[unit], number in answers_in
        histograms = {item: (yes + came, no) for item, (yes, no) in tally.histograms.items()}
        more = replace(tally, invited=tally.invited + 1, ballots=tally.ballots + came, histograms=histograms)
        answers.append({**units, unit: more})
    return replace(instance, waves=waves, answers=tuple(answers))


@given(SEEDS)
@settings(max_examples=10, deadline=None)
def test_turning_a_scale_round_with_its_polarity_changes_no_score(seed: int) -> None:
    """Who asks "I trust" or "I distrust" gets the same trust, in cells and in arms."""
    turned = tuple(
        item.model_copy(update={"polarity": Polarity.MORE if item.polarity is Polarity.LESS else Polarity.LESS})
        for item in PULSE
    )
    ballots = cast(seed, 1)
    points = {item.id: item.points for item in PULSE}
    mirrored = [
        replace(b, answers={i: None if v is None else points[i] + 1 - v for i, v in b.answers.items()}) for b in ballots
    ]

    def scores(items: tuple[object, ...], given_by: list[Ballot]) -> list[object]:
        wave = wave_of(TEAMS, 1, PHASES, items)  # type: ignore[arg-type]
        found = orjson.loads(compute(wave, count(wave.nodes, wave.items, given_by)).published.content)
        return [found["cells"], found["arms"]]

    assert scores(PULSE, ballots) == scores(turned, mirrored)
