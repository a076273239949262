"""Which tables a backup holds, which it leaves out, and why. A table that stands in neither is a fault of a test."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Rows(StrEnum):
    """Which rows of a table go into a backup."""

    RELEASED = "of released waves"
    ALL = "all"


@dataclass(frozen=True)
class Table:
    """A table and its rows in a backup."""

    database: str
    name: str
    rows: Rows

    @property
    def full_name(self) -> str:
        """The table with its database; also the name of its file, before the ending."""
        return f"{self.database}.{self.name}"


KEPT: Final[tuple[Table, ...]] = (
    *(
        Table("pulse_ballots", name, Rows.RELEASED)
        for name in (
            "invited",
            "releasable_nodes",
            "class_units",
            "class_people",
            "class_sums",
            "distribution_units",
            "class_histograms",
            "wave_rewrites",
        )
    ),
    *(Table("pulse_facts", name, Rows.RELEASED) for name in ("waves", "nodes", "wave_closes", "wave_ends")),
    *(Table("pulse_facts", name, Rows.ALL) for name in ("announcements", "outcomes")),
    *(
        Table("pulse_release", name, Rows.RELEASED)
        for name in ("cells", "window_cells", "distributions", "arms", "comment_releases")
    ),
    Table("pulse_release", "releases", Rows.RELEASED),
)
"""In the order of restoring: a wave is released when its row of ``releases`` is there, so that comes last."""

LEFT_OUT: Final[dict[str, str]] = {
    "pulse_ballots.answers": "ballots; those of unreleased waves are in Kafka, the others were counted",
    "pulse_ballots.withdrawals": "goes with the ballots",
    "pulse_ballots.closed_answers": "ballots",
    "pulse_ballots.unit_counts": "goes with the ballots",
    "pulse_ballots.comments": "what people wrote; only what was released is kept, in pulse_release",
    "pulse_ballots.comment_reviews": "goes with the comments",
    "pulse_ballots.dead_letters": "may hold answers",
    "pulse_ballots.replayed_letters": "goes with the dead letters",
    "pulse_ballots.unclaimed_letters": "goes with the dead letters",
    "pulse_ballots.release_claims": "a release under way; what came of it is kept",
    "pulse_facts.gateway_keys": "forgotten after a week; a report that is sent again has the same id",
    "pulse_facts.schema_migrations": "`draagvlak migrate apply` makes it",
}
"""Table -> why a backup has nothing of it."""
