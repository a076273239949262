"""Shares of people as published: in steps, with open ends, whatever the share is."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

LOWEST: Final = 10
HIGHEST: Final = 90
"""Per cent. Shares beyond are not told apart: "nobody" and "everybody" say something of each member."""
_LOW_END, _HIGH_END = 5.0, 95.0


@dataclass(frozen=True, slots=True)
class RoundedShare:
    """A share in per cent, and its label: "35 %", "< 10 %" (drawn as 5) or "> 90 %" (drawn as 95)."""

    share: float
    label: str


def share_step(n: int) -> int:
    """Steps of 10 % below 20 answers, else of 5 %."""
    return 10 if n < 20 else 5


def round_share(share: Fraction, n: int) -> RoundedShare:
    """`share` from 0 to 1, of `n` answers (of a window: of its wave with the fewest). Halves go to even."""
    part, whole = 100 * share.numerator, share.denominator
    if part < LOWEST * whole:
        return RoundedShare(_LOW_END, f"< {LOWEST} %")
    if part > HIGHEST * whole:
        return RoundedShare(_HIGH_END, f"> {HIGHEST} %")
    step = share_step(n)
    steps, rest = divmod(part, step * whole)
    if 2 * rest > step * whole or (2 * rest == step * whole and steps % 2):
        steps += 1
    return RoundedShare(float(steps * step), f"{steps * step} %")
