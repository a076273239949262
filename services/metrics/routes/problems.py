"""The errors that only the metrics API has."""

from collections.abc import Iterable

from services.runtime.problems import Problem


def unknown(what: str, value: str, valid: Iterable[str]) -> Problem:
    """404 for a team, measure or wave that is in no release, with those that are."""
    valid = sorted(valid)
    return Problem(404, f"unknown-{what}", f"Unknown {what}", f"No release has the {what} {value!r}.", valid=valid)
