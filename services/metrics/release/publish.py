"""Which nodes may be published: the function `publish` of the design, for scores and for distributions alike."""

from collections.abc import Collection, Mapping

from services.contracts.base import ROOT_ID
from services.contracts.tree import Tree
from services.metrics.release.units import Headcount, totals


def publish(k: int, tree: Tree, units: Mapping[str, Headcount], allowed: Collection[str]) -> frozenset[str]:
    """The nodes of `allowed` that can be shown so that every class holds at least `k` answers per item.

    Without the root nothing can be shown at all.

        P = {v in allowed : I(v) >= k and min_item n(v) >= k};  if root not in P: return {}
        parents first, for v in P:
          F = nearest published descendants of v;  RI = I(v) - sum I(F);  R[item] = n(v) - sum n(F)
          while F and RI > 0 and min_item R < k:
            P -= the f in F with smallest (min_item n(f), id); recompute

    Taking f out changes what remains of its parent in P and of nobody else, so one pass from the
    root down is enough.
    """
    total = totals(tree, units)
    published = {v for v in allowed if total[v].invited >= k and total[v].fewest >= k}
    if ROOT_ID not in published:
        return frozenset()
    for node in tree.nodes:
        if node.id in published:
            _withdraw_until_remainder_is_safe(k, tree, total, published, node.id)
    return frozenset(published)


def _withdraw_until_remainder_is_safe(
    k: int, tree: Tree, total: Mapping[str, Headcount], published: set[str], node: str
) -> None:
    """Silent people count: a remainder of invited people with R = 0 says that nobody of them answered."""
    front = nearest_published_below(tree, published, node)
    remainder = _remainder(total, node, front)
    while front and remainder.invited > 0 and remainder.fewest < k:
        published.discard(min(front, key=lambda f: (total[f].fewest, f)))
        front = nearest_published_below(tree, published, node)
        remainder = _remainder(total, node, front)


def nearest_published_below(tree: Tree, published: Collection[str], node: str) -> list[str]:
    """The published descendants of `node` with no published node in between."""
    front: list[str] = []
    waiting = list(tree.children[node])
    while waiting:
        below = waiting.pop()
        if below in published:
            front.append(below)
        else:
            waiting.extend(tree.children[below])
    return front


def _remainder(total: Mapping[str, Headcount], node: str, front: Collection[str]) -> Headcount:
    rest = total[node]
    for published in front:
        rest -= total[published]
    return rest
