"""The simulated organisation is what the story tells, and the same for the same seed."""

import numpy as np
import pytest

from sandbox.story.behaviour import Habits
from sandbox.story.generated import generated
from sandbox.story.organisation import build
from sandbox.story.person import Truth
from sandbox.story.plan import Plan, load_bank, zorg
from sandbox.story.simulation import Simulation
from sandbox.story.thresholds import start_shares
from sandbox.story.truth import openly_against, true_score, true_scores
from services.contracts.base import Text
from services.contracts.survey import Item, ItemBank, Measure, Polarity
from services.contracts.tree import Phase

SEEDS = range(1, 11)
WAVES = range(1, 8)


@pytest.fixture(scope="module")
def bank() -> ItemBank:
    return load_bank()


@pytest.fixture(scope="module")
def plan() -> Plan:
    return zorg()


def simulation(plan: Plan, bank: ItemBank, seed: int, **given: object) -> Simulation:
    return Simulation(build(plan, seed), bank, seed, **given)  # type: ignore[arg-type]


def test_the_same_seed_gives_the_same_people_answers_and_presses(plan: Plan, bank: ItemBank) -> None:
    assert build(plan, 5) == build(plan, 5)
    first, second = simulation(plan, bank, 5), simulation(plan, bank, 5)
    second.wave(7)  # the order of asking changes nothing
    for number in WAVES:
        assert first.wave(number).sheets == second.wave(number).sheets


def test_another_seed_gives_other_answers(plan: Plan, bank: ItemBank) -> None:
    assert simulation(plan, bank, 5).wave(1).sheets != simulation(plan, bank, 6).wave(1).sheets


def test_the_care_organisation_has_120_people_in_8_teams_and_pilots_of_45_or_more(plan: Plan) -> None:
    merged = build(plan, 1).merged
    teams = [node.id for node in merged.tree.nodes if merged.tree.is_leaf(node.id)]
    assert plan.people == 120
    assert len(teams) == 8
    assert sum(merged.invited[team] >= 20 for team in teams) >= 3
    assert len(plan.pilots) == 3
    assert sum(plan.invited_below(pilot) for pilot in plan.pilots) >= 45


def test_the_tryout_of_four_is_in_no_tree_that_a_wave_opens_with(plan: Plan) -> None:
    organisation = build(plan, 1)
    assert plan.tryout is not None
    assert plan.sizes[plan.tryout] == 4
    for number in WAVES:
        assert plan.tryout not in organisation.merged_in(number).tree.by_id
    assert plan.tryout not in organisation.units
    assert sum(person.sceptic for person in organisation.people) == 1


def test_pilots_are_in_phase_pilot_from_wave_4_on(plan: Plan) -> None:
    for number in WAVES:
        phases = {node.id: node.phase for node in plan.campaign_in(number).tree.nodes}
        expected = Phase.PILOT if number >= 4 else Phase.ANNOUNCED
        assert {phases[pilot] for pilot in plan.pilots} == {expected}


def test_about_one_in_ten_is_openly_against_at_the_start(plan: Plan, bank: ItemBank) -> None:
    shares = [openly_against(simulation(plan, bank, seed).wave(1)) for seed in SEEDS]
    assert np.mean(shares) == pytest.approx(0.10, abs=0.02)
    assert min(shares) >= 0.05
    assert max(shares) <= 0.16


def test_resistance_falls_and_trust_rises_in_every_run(plan: Plan, bank: ItemBank) -> None:
    for seed in SEEDS:
        run = simulation(plan, bank, seed)
        start, end = true_scores(run.wave(1)), true_scores(run.wave(7))
        assert end["resistance"] < start["resistance"] - 5
        assert end["trust"] > start["trust"] + 4


def test_resistance_falls_more_in_the_pilot_teams(plan: Plan, bank: ItemBank) -> None:
    falls = {True: [], False: []}  # type: dict[bool, list[float]]
    anchor = bank.by_id["A1"]
    for seed in SEEDS:
        run = simulation(plan, bank, seed)
        first, last = run.wave(1), run.wave(7)
        for node in first.organisation.merged.tree.nodes[1:]:
            fall = true_score(first, anchor, node.id) - true_score(last, anchor, node.id)
            falls[node.id in plan.pilots].append(fall)
    assert np.mean(falls[True]) > np.mean(falls[False]) + 5


def test_the_sceptic_of_the_tryout_starts_most_against_in_the_team_and_comes_round(plan: Plan, bank: ItemBank) -> None:
    first, last = [], []
    for seed in SEEDS:
        run = simulation(plan, bank, seed)
        sceptic = next(i for i, person in enumerate(run.organisation.people) if person.sceptic)
        first.append(run.wave(1).potential["A1"][sceptic])
        last.append(run.wave(7).potential["A1"][sceptic])
    assert np.mean(first) <= 2.6
    assert np.mean(last) >= 4.0


def test_response_lies_around_what_was_asked(plan: Plan, bank: ItemBank) -> None:
    run = simulation(plan, bank, 3, habits=Habits(response=0.6))
    assert np.mean([run.wave(number).response for number in WAVES]) == pytest.approx(0.6, abs=0.06)


def test_habits_show_up_changed_answers_double_clicks_silence_and_half_sheets(plan: Plan, bank: ItemBank) -> None:
    sheets = [sheet for number in WAVES for sheet in simulation(plan, bank, 1).wave(number).sheets]
    assert any(sheet.again and sheet.taps != sheet.again for sheet in sheets)
    assert any(tap.twice for sheet in sheets for tap in sheet.taps)
    assert any(value is None for sheet in sheets for value in sheet.final.values())
    assert any(len(sheet.final) < 5 for sheet in sheets)
    assert {sheet.day for sheet in sheets} == {0, 1, 2, 4, 5}


def test_what_stands_in_the_end_is_the_potential_answer_or_rather_not_say(plan: Plan, bank: ItemBank) -> None:
    wave = simulation(plan, bank, 2).wave(3)
    for sheet in wave.sheets:
        for item, value in sheet.final.items():
            assert value in (None, wave.potential[item][sheet.person])


@pytest.mark.parametrize("points", [2, 3, 7, 11])
def test_items_of_any_scale_get_answers_on_it(plan: Plan, points: int, bank: ItemBank) -> None:
    scale = tuple(Text(nl=str(x), en=str(x)) for x in range(1, points + 1))
    item = Item(
        id="X", measure=Measure.TRUST, polarity=Polarity.LESS, text=Text(nl="?", en="?"), scale=scale, driver="any"
    )
    bank = ItemBank(items=(*(i for i in bank.items if i.id != "JS1"), item.model_copy(update={"id": "JS1"})))
    answers = simulation(plan, bank, 1).wave(1).potential["JS1"]
    assert start_shares(item).sum() == pytest.approx(1.0)
    assert set(answers.tolist()) <= set(range(1, points + 1))
    assert len(set(answers.tolist())) > 1


@pytest.mark.parametrize("people", [50, 333, 5000])
def test_organisations_of_50_to_5000_are_generated_in_full(people: int, bank: ItemBank) -> None:
    organisation = build(generated(people, seed=2), seed=2)
    wave = Simulation(organisation, bank, 2).wave(1)
    assert len({person.member for person in organisation.people}) == people
    assert sum(organisation.invited.values()) == people
    assert organisation.plan.pilots
    assert 0.6 < wave.response < 0.85
    assert openly_against(wave) == pytest.approx(0.10, abs=0.09 if people == 50 else 0.04)


@pytest.mark.parametrize("people", [49, 5001])
def test_other_sizes_are_refused(people: int) -> None:
    with pytest.raises(ValueError, match="50 to 5000"):
        generated(people, seed=1)


def test_a_truth_without_room_for_the_item_is_refused() -> None:
    with pytest.raises(ValueError, match="below 1"):
        Truth(person_sd=1.0)


def test_a_selective_response_is_there_only_when_asked_for(plan: Plan, bank: ItemBank) -> None:
    def silent_minus_heard(habits: Habits) -> float:
        gaps = []
        for seed in SEEDS:
            wave = simulation(plan, bank, seed, habits=habits).wave(1)
            heard = np.isin(np.arange(plan.people), [sheet.person for sheet in wave.sheets])
            gaps.append(wave.potential["A1"][heard].mean() - wave.potential["A1"][~heard].mean())
        return float(np.mean(gaps))

    assert abs(silent_minus_heard(Habits())) < 0.12
    assert silent_minus_heard(Habits(selection=0.6)) > 0.2


def test_every_second_wave_has_comments_of_people_who_answer_in_their_own_language(plan: Plan, bank: ItemBank) -> None:
    story = simulation(plan, bank, 5)
    spoken = {person.member: person.language for person in story.organisation.people}
    assert [bool(story.wave(number).comments) for number in range(1, 7)] == [False, True] * 3
    wave = story.wave(2)
    assert set(wave.comments) <= {sheet.member for sheet in wave.sheets}
    first_day = {sheet.member for sheet in wave.sheets if sheet.day == 0}
    assert len(first_day & set(wave.comments)) >= 10, "a round that a visitor closes on its first day has ten"
    for language in ("nl", "en"):
        own = {words for member, words in wave.comments.items() if spoken[member] == language}
        others = {words for member, words in wave.comments.items() if spoken[member] != language}
        assert own
        assert not own & others
    assert wave.comments == simulation(plan, bank, 5).wave(2).comments
