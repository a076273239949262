"""Published documents: what was released in an earlier format can be read for ever."""

from hashlib import sha256
from pathlib import Path

import orjson

from services.metrics.released.documents import Document, Released
from tests.unit.metrics.test_cells import release

FORMAT_1 = Path(__file__).parent / "golden" / "release.format1.json"


def test_a_document_of_format_1_still_reads() -> None:
    content = FORMAT_1.read_bytes()
    document = Released.of(content, sha256(content).hexdigest()).document
    assert document.format == 1
    assert document.cell["organisation", "trust"].score is not None
    assert document.cell["c", "trust"].score is None, "in format 1 every node had a row per wave"
    assert (document.windows, document.window_cells, document.arms, document.items) == ((), (), (), ())


def test_every_field_that_is_published_is_one_that_readers_know() -> None:
    """Reading ignores what it does not know, so a misspelt name would be missing for ever without this."""
    content = orjson.loads(release().published.content)
    document = Document.model_validate(content)
    assert document.format == 2
    for name, published in content.items():
        if name == "thresholds":
            continue
        read = orjson.loads(orjson.dumps(document.model_dump(mode="json")[name]))
        if isinstance(published, list) and published:
            assert set(published[0]) == set(read[0]), name
    assert [item.id for item in document.items] == ["A1", "A2", "JS1", "JS2", "OU1"]
    assert [item.less for item in document.items] == [True, False, False, False, False]
    assert {node.id: node.cadence for node in document.nodes}["c"] == "window"
