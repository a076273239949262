"""While a round is open people are told one number: the rounded share of the whole organisation, once a day."""

from datetime import timedelta

import pytest

from services.pulse_bot.ledger import live_share
from services.pulse_bot.ledger.live_share import LiveShare, rounded
from services.pulse_bot.ledger.models import WaveState
from tests.integration.pulse_bot.acting import Colleague, words
from tests.integration.pulse_bot.house import House, eventually, member


@pytest.mark.parametrize(
    ("answered", "invited", "told"),
    [(99, 99, None), (0, 100, 0), (9, 100, 0), (37, 100, 30), (39, 100, 30), (899, 1000, 80), (100, 100, 90)],
)  # fmt: skip
def test_a_share_is_rounded_down_to_tens_and_needs_a_hundred_invited(
    answered: int, invited: int, told: int | None
) -> None:
    assert rounded(answered, invited) == told


async def test_home_tells_the_share_of_the_day_that_no_answer_moves_and_the_close_removes_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.plan()
    house.plan_next_year()
    ledger, wave_id = house.ledger(), house.wave_id()

    def stored() -> LiveShare | None:
        return ledger.read_now(lambda c: live_share.find(c, wave_id))

    async def home() -> str:
        return words(await Colleague(house, member(3)).home())

    async with house.bot():
        await house.open_and_send()
        await house.answer_all(member(1), [1, 2, 3, 4, 5])
        opens = house.campaign.schedule.opens_at(1)
        await house.clock_to(opens + timedelta(hours=4))
        assert "hele organisatie had" not in await home(), "twelve people are too few"
        assert stored() is None
        monkeypatch.setattr(live_share, "SMALLEST", 12)

        async def told() -> LiveShare | None:
            return stored()

        first = await eventually(told)
        assert first.percent == 0
        assert "minder dan 10 % geantwoord" in await home()
        for number in (2, 4, 5, 6):
            await house.answer_all(member(number), [1, 2, 3, 4, 5])
        assert "minder dan 10 % geantwoord" in await home(), "the number of the day stays"
        await house.clock_to(opens + timedelta(days=1, hours=4))

        async def next_day() -> bool:
            found = stored()
            return found is not None and found.on > first.on

        await eventually(next_day)
        assert "minstens 40 % geantwoord" in await home()
        await house.clock_to(house.campaign.schedule.closes_at(1))

        async def closed() -> bool:
            return (await house.wave()).state is WaveState.CLOSED

        await eventually(closed)
        assert stored() is None
