"""A few broken records are put aside; a broken release stops ingest."""

from random import Random

import pytest

from services.ingest.errors import IngestStopped
from services.ingest.invalid_share import IN_A_ROW, InvalidShare


def test_a_hundred_in_a_row_stop() -> None:
    share = InvalidShare()
    for _ in range(IN_A_ROW - 1):
        share.observe(invalid=True)
    with pytest.raises(IngestStopped, match="100 records in a row are invalid"):
        share.observe(invalid=True)


@pytest.mark.parametrize("seed", range(5))
def test_four_in_a_hundred_never_stop(seed: int) -> None:
    random, share = Random(seed), InvalidShare()
    for _ in range(100_000):
        share.observe(invalid=random.random() < 0.04)


@pytest.mark.parametrize("seed", range(5))
def test_ten_in_a_hundred_stop_within_a_few_thousand_records_also_after_a_long_good_time(seed: int) -> None:
    random, share = Random(seed), InvalidShare()
    for _ in range(50_000):
        share.observe(invalid=False)
    with pytest.raises(IngestStopped, match="% of the last 10,000 records are invalid"):  # noqa: PT012
        for _ in range(9_000):
            share.observe(invalid=random.random() < 0.10)


def test_a_handful_of_records_says_nothing_about_a_share() -> None:
    share = InvalidShare()
    for number in range(150):
        share.observe(invalid=number % 2 == 0)
