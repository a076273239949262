"""The numbers that the promises rest on: floors in code, which a campaign may raise and never lower."""

from typing import Final

SCORE_FLOOR: Final = 5
"""Smallest number of answers behind a score (``K``) and of invited people behind a ballot's unit label."""

DISTRIBUTION_FLOOR: Final = 10
"""Smallest number of answers behind a distribution, a share or a comment (``KD``)."""

SMALL_NODE: Final = 20
"""A node with fewer invited people is shown per window of waves, never per wave (``SMALL``)."""

WINDOW_WAVES: Final = 3
"""Waves that make one window (``WIN``)."""

MERGE_PROPOSAL: Final = 10
"""Leaves with fewer invited people are proposed for merging and carry no phase (``MERGE``)."""
