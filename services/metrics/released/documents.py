"""A released document as the API reads it: the stored bytes beside their meaning.

Format 2. A document of format 1 is read as one without windows, distributions, arms and reliability, in which every
node has a cell per wave. Rows are ordered as the tree and the survey are; a number that is not shown has its row all
the same, with null in every field but its key and `status`.

What a document has thousands of is a dataclass with slots, a fifth of a model in memory; pydantic checks both alike.
"""

import gzip
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict

from services.contracts.base import Text
from services.metrics.released.moments import UtcTime


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class PublishedItem(_Part):
    """A question as it was asked.

    `measure` is the name under which its score is published. `less`: agreeing (a higher point) means less of the
    measure. `scale`: the label of each point, 1 to m.
    """

    id: str
    measure: str
    less: bool
    text: Text
    scale: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class PublishedNode:
    """A node of the tree as it stood when the wave opened. `cadence` is `wave` or `window`."""

    id: str
    parent: str | None
    name: Text
    cadence: str = "wave"


class PublishedMeasure(_Part):
    """A measure and the items that it was made of in this wave."""

    name: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PublishedCell:
    """One number as published of a wave; see `services.metrics.release.cells.Cell`.

    From format 2 on only nodes with the cadence `wave` have these; see `PublishedWindowCell` for the others.
    """

    node_id: str
    measure: str
    status: str
    score: float | None
    score_label: str | None
    low: float | None
    high: float | None
    n: int | None
    n_band: str | None
    response_band: str | None
    standard_error: float | None
    degrees_of_freedom: float | None


class PublishedWindow(_Part):
    """Waves that are shown together, because they are too few answers one by one.

    `waves`: their ids, oldest first; always three. A window stands in the document of that one of its waves which was
    released last, and nowhere else. Its time is `closed_at`, the close of its last wave. `measures`: what was made of
    the same items in at least two of the waves, in the order of asking.
    """

    id: str
    waves: tuple[str, ...]
    opened_at: UtcTime
    closed_at: UtcTime
    measures: tuple[PublishedMeasure, ...]


@dataclass(frozen=True, slots=True)
class PublishedWindowCell:
    """One number of a node over a window: the mean of the scores of those of its waves in which it may be shown.

    Every node of the tree has one for every measure of the window, whatever its cadence; nodes with the cadence
    `window` have no others. Fields as in `PublishedCell`; there is neither n nor response. `n_band` is that of the
    wave with the fewest answers: people, not ballots. `standard_error` takes it that the same people answered in every
    wave, so that more waves make no number more certain.
    """

    window: str
    node_id: str
    measure: str
    status: str
    score: float | None
    score_label: str | None
    low: float | None
    high: float | None
    n_band: str | None
    standard_error: float | None
    degrees_of_freedom: float | None


@dataclass(frozen=True, slots=True)
class PublishedShare:
    """A share of people, in per cent: in steps of 5, or of 10 where fewer than 20 answered.

    `label`: "35 %"; "< 10 %" and "> 90 %" at the ends, where `share` is 5 or 95. Shares of one question are rounded one
    by one and need not make 100.
    """

    share: float
    label: str


@lru_cache(maxsize=256)
def _kept_once(share: PublishedShare) -> PublishedShare:
    """The same object for equal shares: there are a few dozen of them, in hundreds of thousands of places."""
    return share


_Share = Annotated[PublishedShare, AfterValidator(_kept_once)]


@dataclass(frozen=True, slots=True)
class PublishedDistribution:
    """How the answers to one question were spread, of a node in this wave or (`window` not null) over a window.

    Every node has rows for the headline items (A1 and A2), by the rule of its cadence; of any other item there is one
    row, for the organisation in this wave, where 50 or more answered it. `shares`: of the answers, per point 1 to m.
    `resisters`: share of the answers that are against, which are points 1 and 2 of A1 (score of 75 and more); for the
    headline of resistance only, null elsewhere. `resisters_low`, `resisters_high`: per cent, the 95 % interval by
    Wilson for everybody invited, to steps of 5 outwards; for the organisation in a wave from 50 answers on.
    `rather_not_say`: share of everyone who answered the question at all.
    """

    window: str | None
    node_id: str
    item: str
    status: str
    n_band: str | None
    shares: tuple[_Share, ...] | None
    resisters: _Share | None
    resisters_low: float | None
    resisters_high: float | None
    rather_not_say: _Share | None


@dataclass(frozen=True, slots=True)
class PublishedArm:
    """The score of a group of teams that share a phase, or that an announcement did or did not reach.

    `arm`: a phase (`not_started`, `announced`, `pilot`, `live`) where `announcement` is null; else `reached` or
    `not_reached` by the announcement of that id. `wave`: what the number is of; this document's wave, or for an
    announcement also a wave from before it was known who would be reached (such a row stands in the first document
    after the announcement, and in no other). `window`: not null where the number is of a window, and `wave` null.
    `classes`: the number of groups behind the arm, which are what a permutation would deal; teams whose people do not
    all share the phase are in no arm. At least 20 answered, or all but the key is null. `n_band`, `standard_error` and
    `degrees_of_freedom` as in `PublishedCell`.
    """

    announcement: str | None
    arm: str
    wave: str | None
    window: str | None
    measure: str
    status: str
    score: float | None
    score_label: str | None
    n_band: str | None
    standard_error: float | None
    degrees_of_freedom: float | None
    classes: int | None


class PublishedCorrelation(_Part):
    """Pearson's correlation of the scores of two items over the ballots that answered both, to two decimals."""

    first: str
    second: str
    correlation: float


class PublishedReliability(_Part):
    """Whether the items of a driver belong together: for the organisation, where 50 or more answered every pair.

    `alpha`: Cronbach's, to two decimals. `n`: ballots of the pair with the fewest; null below 100, when 50 is what may
    be counted on. The interval follows from alpha, n and the number of items
    (`services.metrics.statistics.reliability`). `correlations`: of every pair of items.
    """

    measure: str
    items: tuple[str, ...]
    alpha: float
    n: int | None
    correlations: tuple[PublishedCorrelation, ...]


@dataclass(frozen=True, slots=True)
class PublishedResponse:
    """The band of ballots over invited people of a node."""

    node_id: str
    response_band: str


class Document(_Part):
    """The published document of a wave."""

    format: int = 1
    wave: str
    campaign: str
    title: Text
    opened_at: UtcTime
    closed_at: UtcTime
    items: tuple[PublishedItem, ...] = ()
    measures: tuple[PublishedMeasure, ...]
    nodes: tuple[PublishedNode, ...]
    cells: tuple[PublishedCell, ...]
    responses: tuple[PublishedResponse, ...]
    windows: tuple[PublishedWindow, ...] = ()
    window_cells: tuple[PublishedWindowCell, ...] = ()
    distributions: tuple[PublishedDistribution, ...] = ()
    arms: tuple[PublishedArm, ...] = ()
    reliability: tuple[PublishedReliability, ...] = ()

    @cached_property
    def cell(self) -> dict[tuple[str, str], PublishedCell]:
        """Cells by node and measure."""
        return {(cell.node_id, cell.measure): cell for cell in self.cells}

    @cached_property
    def measure(self) -> dict[str, PublishedMeasure]:
        """Measures by name."""
        return {measure.name: measure for measure in self.measures}

    @cached_property
    def node(self) -> dict[str, PublishedNode]:
        """Nodes by id."""
        return {node.id: node for node in self.nodes}

    @cached_property
    def response(self) -> dict[str, str]:
        """Bands of response by node."""
        return {response.node_id: response.response_band for response in self.responses}


@dataclass(frozen=True, slots=True)
class Released:
    """A release: the bytes as stored, kept with gzip (`packed`); their hash, and what they say."""

    packed: bytes
    sha256: str
    document: Document

    @classmethod
    def of(cls, content: bytes, sha256: str, beside: Document | None = None) -> Self:
        """Read the bytes. Raises pydantic's ValidationError.

        `beside`: another document of the campaign; where the tree is the same it is kept only once.
        """
        document = Document.model_validate_json(content)
        if beside is not None and beside.nodes == document.nodes:
            document = document.model_copy(update={"nodes": beside.nodes})
        return cls(gzip.compress(content, mtime=0), sha256, document)

    @property
    def content(self) -> bytes:
        """The bytes as stored."""
        return gzip.decompress(self.packed)


class PublishedComment(_Part):
    """What somebody in the organisation wrote, in their own words; `question` is the id of the open question."""

    question: str
    text: str


class CommentsDocument(_Part):
    """The published comments of a wave: ten or more, or there is no such document. Their order says nothing."""

    format: int
    wave: str
    campaign: str
    closed_at: UtcTime
    comments: tuple[PublishedComment, ...]


class ReleasedComments(_Part):
    """A release of comments, apart from the scores of the same wave: `pulse_release.comment_releases`."""

    content: bytes
    sha256: str
    document: CommentsDocument

    @classmethod
    def of(cls, content: bytes, sha256: str) -> "ReleasedComments":
        """Read the bytes. Raises pydantic's ValidationError."""
        return cls(content=content, sha256=sha256, document=CommentsDocument.model_validate_json(content))
