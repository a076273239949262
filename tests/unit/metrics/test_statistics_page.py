"""The worked examples of docs/statistics.md give what the page says."""

import doctest
from pathlib import Path

PAGE = Path(__file__).resolve().parents[3] / "docs" / "statistics.md"


def test_every_worked_example_gives_what_the_page_says() -> None:
    failed, tried = doctest.testfile(str(PAGE), module_relative=False, encoding="utf-8")
    assert tried > 40
    assert failed == 0, "pytest -s, or python -m doctest docs/statistics.md, shows which"
