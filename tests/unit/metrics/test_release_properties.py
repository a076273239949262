"""What holds for every organisation, not only for those that we thought of."""

import random
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from services.contracts.base import ROOT_ID
from services.contracts.tree import WaveNode
from services.metrics.release.audit import audit
from services.metrics.release.ballots import Ballot, count
from services.metrics.release.classes import classes
from services.metrics.release.compute import Release, compute
from services.metrics.release.publish import publish
from services.metrics.release.units import Headcount
from tests.unit.metrics.organisations import PULSE, closed_wave, nodes_of, tree_of

K = st.sampled_from([5, 10])


@st.composite
def organisations(draw: st.DrawFn) -> tuple[tuple[WaveNode, ...], dict[str, Headcount]]:
    """Trees of up to three levels; invited people and answers per item at every node, empty ones too."""
    paths = ["o"]
    for top in "abcd"[: draw(st.integers(0, 4))]:
        paths.append(top)
        for leaf in "pqr"[: draw(st.integers(0, 3))]:
            paths.append(f"{top}/{leaf}")
            if draw(st.booleans()):
                paths.append(f"{top}/{leaf}/x")
    items = draw(st.integers(1, 3))
    size = st.one_of(st.just(0), st.integers(1, 12), st.integers(10, 40))
    spec = {}
    for path in paths:
        invited = draw(size)
        spec[path] = (invited, tuple(draw(st.integers(0, invited)) for _ in range(items)))
    nodes = nodes_of(spec)
    heads = {node.id: Headcount(node.invited, (0,) * items) for node in nodes}
    heads |= {(ROOT_ID if path == "o" else path): Headcount(*counts) for path, counts in spec.items()}
    return nodes, heads


def breaches(nodes: tuple[WaveNode, ...], heads: dict[str, Headcount], published: frozenset[str], k: int) -> object:
    return audit(
        published,
        {node.id: node.parent for node in nodes},
        {unit: head.invited for unit, head in heads.items()},
        {unit: head.answered for unit, head in heads.items()},
        k,
    )


@given(organisations(), K)
@settings(max_examples=400, deadline=None)
def test_the_audit_finds_nothing_in_what_publish_returns(
    organisation: tuple[tuple[WaveNode, ...], dict[str, Headcount]], k: int
) -> None:
    nodes, heads = organisation
    tree = tree_of(nodes)
    published = publish(k, tree, heads, tree.by_id)
    assert not breaches(nodes, heads, published, k)
    assert publish(k, tree, heads, published) == published, "one pass was not enough"
    narrower = publish(10, tree, heads, published)
    assert narrower <= published
    assert not breaches(nodes, heads, narrower, 10)


@given(organisations(), K, st.data())
@settings(max_examples=200, deadline=None)
def test_silent_people_never_reveal_a_small_class(
    organisation: tuple[tuple[WaveNode, ...], dict[str, Headcount]], k: int, data: st.DataObject
) -> None:
    nodes, heads = organisation
    unit = data.draw(st.sampled_from(sorted(heads)))
    more = heads | {unit: replace(heads[unit], invited=heads[unit].invited + data.draw(st.integers(1, 30)))}
    tree = tree_of(nodes)
    assert not breaches(nodes, more, publish(k, tree, more, tree.by_id), k)


@given(organisations(), K)
@settings(max_examples=200, deadline=None)
def test_the_audit_and_the_classes_agree_on_who_is_told_apart(
    organisation: tuple[tuple[WaveNode, ...], dict[str, Headcount]], k: int
) -> None:
    """Two pieces of code that share nothing: sums per class against the smallest group of the audit."""
    nodes, heads = organisation
    tree = tree_of(nodes)
    everything = frozenset(tree.by_id)
    class_of = classes(tree, everything)
    assert set(class_of) == set(tree.by_id)
    small = {u for u, head in heads.items() if head.invited > 0 and (head.invited < k or head.fewest < k)}
    found = breaches(nodes, heads, everything, k)
    assert {unit for breach in found for unit in breach.units} == small  # type: ignore[attr-defined]


TEAMS = {"a": (25, 18), "a/p": (4, 3), "b": (30, 20), "c": (6, 4), "d": (12, 7)}
NODES = nodes_of(TEAMS)
WAVE = closed_wave(NODES, PULSE)


def cast(seed: int) -> list[Ballot]:
    dice = random.Random(seed)
    return [
        Ballot(
            f"{dice.getrandbits(128):032x}",
            unit,
            {i.id: None if dice.random() < 0.05 else dice.randint(1, i.points) for i in PULSE},
        )
        for unit, (_, answered) in TEAMS.items()
        for _ in range(answered)
    ]


def release(ballots: list[Ballot]) -> Release:
    return compute(WAVE, count(NODES, PULSE, ballots))


@given(st.integers(0, 2**32))
@settings(max_examples=25, deadline=None)
def test_the_order_of_ballots_changes_no_byte(seed: int) -> None:
    ballots = cast(seed)
    shuffled = random.Random(seed + 1).sample(ballots, len(ballots))
    assert release(shuffled).published == release(ballots).published


@given(st.integers(0, 2**32))
@settings(max_examples=25, deadline=None)
def test_answers_that_change_places_inside_a_class_change_no_byte(seed: int) -> None:
    """Inside a class, whole ballots change hands, across units too."""
    ballots = cast(seed)
    before = release(ballots)
    after = _deal_again(ballots, before, random.Random(seed + 1), items_together=True)
    assert release(after).published == before.published


@given(st.integers(0, 2**32))
@settings(max_examples=25, deadline=None)
def test_below_the_organisation_even_the_answers_to_each_item_may_change_places(seed: int) -> None:
    """How answers go together in a ballot matters to the organisation's interval of a driver alone."""
    ballots = cast(seed)
    before = release(ballots)
    after = release(_deal_again(ballots, before, random.Random(seed + 1), items_together=False))
    drivers = {m.name for m in WAVE.measures if not m.headline}
    for old, new in zip(before.cells, after.cells, strict=True):
        if not (old.node_id == ROOT_ID and old.measure in drivers):
            assert old == new


def _deal_again(ballots: list[Ballot], before: Release, dice: random.Random, *, items_together: bool) -> list[Ballot]:
    """Answers dealt anew inside every class, among the same ballots; the lot's victims keep theirs."""
    kept = count(NODES, PULSE, ballots)
    assert all(kept.units[u].ballots == TEAMS[u][1] for u in TEAMS), "the lot is not part of these tests"
    dealt: dict[str, Ballot] = {}
    for class_id in set(before.tables.class_of.values()):
        members = [b for b in ballots if before.tables.class_of[b.unit] == class_id]
        for names in [[i.id for i in PULSE]] if items_together else [[i.id] for i in PULSE]:
            givers = dice.sample(members, len(members))
            for taker, giver in zip(members, givers, strict=True):
                old = dealt.get(taker.ballot_id, taker)
                answers = {**old.answers, **{name: giver.answers[name] for name in names}}
                dealt[taker.ballot_id] = replace(old, answers=answers)
    return [dealt.get(b.ballot_id, b) for b in ballots]
