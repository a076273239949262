"""A released document as the API reads it: the stored bytes beside their meaning."""

from datetime import datetime
from functools import cached_property

from pydantic import BaseModel, ConfigDict

from services.contracts.base import Text


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class PublishedNode(_Part):
    """A node of the tree as it stood when the wave opened."""

    id: str
    parent: str | None
    name: Text


class PublishedMeasure(_Part):
    """A measure and the items that it was made of in this wave."""

    name: str
    items: tuple[str, ...]


class PublishedCell(_Part):
    """One number as published; see `services.metrics.release.cells.Cell`."""

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


class PublishedResponse(_Part):
    """The band of ballots over invited people of a node."""

    node_id: str
    response_band: str


class Document(_Part):
    """The published document of a wave."""

    wave: str
    campaign: str
    title: Text
    opened_at: datetime
    closed_at: datetime
    measures: tuple[PublishedMeasure, ...]
    nodes: tuple[PublishedNode, ...]
    cells: tuple[PublishedCell, ...]
    responses: tuple[PublishedResponse, ...]

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


class Released(_Part):
    """A release: the bytes as stored, their hash, and what they say."""

    content: bytes
    sha256: str
    document: Document

    @classmethod
    def of(cls, content: bytes, sha256: str) -> "Released":
        """Read the bytes. Raises pydantic's ValidationError."""
        return cls(content=content, sha256=sha256, document=Document.model_validate_json(content))
