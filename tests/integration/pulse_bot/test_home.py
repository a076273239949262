"""App Home and the slash command, through the workspace."""

from typing import Any

from tests.integration.pulse_bot.house import House, member


async def open_home(house: House, person: str) -> dict[str, Any]:
    answer = await house.act.post("/act/home", json={"user": person, "wait_seconds": 30})
    report: dict[str, Any] = answer.json()
    assert report["status"] == 200, report
    return report


async def test_app_home_shows_the_promises_in_the_persons_language(house: House) -> None:
    house.plan()
    async with house.bot():
        assert "What we promise you" in str((await open_home(house, member(2)))["shown"])  # from Slack: not known yet
        await house.open_and_send()
        await house.invitation(member(2))
        assert "What we promise you" in str((await open_home(house, member(2)))["shown"])
        assert "Wat we je beloven" in str((await open_home(house, member(1)))["shown"])


async def test_the_command_explains_to_the_person_alone(house: House) -> None:
    async with house.bot():
        answer = await house.act.post("/act/command", json={"user": member(1), "text": "/pulse", "wait_seconds": 30})
        report = answer.json()
        assert (report["status"], report["effect"]) == (200, "ephemeral")
        assert "korte vragen" in report["shown"]["text"]
