"""What people see and do beside the questions: preferences, App Home, commands, forgetting, the open question."""

import html
import json
import re
import sqlite3
from datetime import UTC, date, datetime, time, timedelta

import pytest

from services.contracts.base import Language
from services.contracts.events import AnswerGiven, BallotWithdrawn, CommentGiven
from services.contracts.topics import TopicName, record_timestamp_ms
from services.pulse_bot.ledger import preferences
from services.pulse_bot.ledger.models import WaveState
from services.pulse_bot.ledger.preferences import Preferences
from services.pulse_bot.listeners import home
from tests.integration.pulse_bot.acting import Colleague, words
from tests.integration.pulse_bot.house import CHAMPION, DAY_MS, GUEST, House, eventually, member, write_campaign


def chosen(house: House, person: str) -> Preferences:
    return house.ledger().read_now(lambda c: preferences.of(c, "T1", person))


async def test_preferences_are_set_in_a_modal_and_shown_in_app_home(house: House) -> None:
    house.plan()
    async with house.bot():
        me = Colleague(house, member(3))
        await me.press("home.preferences", view=await me.home())
        day = (await me.modal())["blocks"]
        assert [block["block_id"] for block in day][:4] == ["language", "hour", "days_off", "pause"]
        sent = await me.submit(language="en", hour="08:30", days_off=["3", "5"], pause="4")
        assert sent["outcome"] == "closed", sent
        await me.sees("Your preferences are saved.")
        kept = chosen(house, member(3))
        assert (kept.language, str(kept.hour), kept.days_off) == (Language.EN, "08:30:00", (3, 5))
        shown = words(await me.home())
        for part in ("Language: English", "Questions come at 08:30", "Days off: Wednesday, Friday", "Paused until"):
            assert part in shown
        await me.press("home.pause", view=await me.home())
        assert chosen(house, member(3)).paused_until is None


async def test_every_subcommand_answers_the_person_alone(house: House) -> None:
    house.plan()
    await house.clock_to(house.campaign.schedule.opens_at(1) - timedelta(hours=20))  # the day does not end meanwhile
    async with house.bot():
        me = Colleague(house, member(3))
        assert "/pulse concern" in await me.told("/pulse")
        assert "/pulse admin" not in await me.told("/pulse help")
        assert "Er is nu geen ronde open" in await me.told("/pulse status")
        assert "`fr`" not in await me.told("/pulse language fr")
        assert "in English" in await me.told("/pulse language en")
        assert "No round is open" in await me.told("/pulse status")
        assert "until" in await me.told("/pulse pause 3")
        today = (await house.act.get("/act/clock")).json()["now"][:10]
        assert chosen(house, member(3)).paused_until == date.fromisoformat(today) + timedelta(weeks=3)
        for wrong in ("0", "27", "-1", "veel", "１"):
            assert "from 1 to 26" in await me.told(f"/pulse pause {wrong}")
        assert "over" in await me.told("/pulse pause off")
        assert "I do not know" in await me.told("/pulse <!channel> `x`")
        assert "list of AI buddies" in await me.told("/pulse buddy")
        assert "Become an AI buddy" not in words(await me.home())
        assert "off the list" in await me.told("/pulse buddy off")


async def test_status_and_home_know_the_open_round_and_who_answered(house: House) -> None:
    house.plan()
    async with house.bot():
        await house.open_and_send()
        await house.answer_all(member(1), [1, 2, 3, 4, 5])
        await house.invitation(member(3))
        assert "Je vragen staan klaar" in await Colleague(house, member(3)).told("/pulse status")
        assert "Je hebt geantwoord" in await Colleague(house, member(1)).told("/pulse status")
        assert "Je vragen staan klaar" in words(await Colleague(house, member(3)).home())
        assert "Je hebt geantwoord" in words(await Colleague(house, member(1)).home())


async def test_who_is_not_in_the_open_round_is_promised_no_invitation(house: House) -> None:
    house.plan()
    guest, paused, gone = (Colleague(house, person) for person in (GUEST, member(5), member(7)))
    async with house.bot():
        await paused.told("/pulse pause 26")
        await gone.press("home.forget", view=await gone.home())
        await gone.sees("We hebben je naam")
        for away in (paused, gone):
            assert "Wie is uitgenodigd" not in words(await away.home())
        assert "Wie is uitgenodigd" in words(await guest.home())
        await house.open_and_send()
        await house.invitation(member(3))
        for told in (await guest.told("/pulse status"), words(await guest.home())):
            assert "Jij doet aan deze ronde niet mee" in told
        for away in (paused, gone):
            for told in (await away.told("/pulse status"), words(await away.home())):
                assert "Er is nu geen ronde open voor jou." in told
                assert "uitnodiging" not in told
        assert "Alleen een code zonder je naam" in words(await gone.home())


async def test_a_pause_that_is_over_is_told_no_more(house: House) -> None:
    house.plan()
    async with house.bot():
        me = Colleague(house, member(3))
        await me.told("/pulse pause 1")
        until = chosen(house, member(3)).paused_until
        assert until is not None
        last = datetime.combine(until, time(12), UTC) - timedelta(days=1)
        await house.clock_to(last)
        assert "Je krijgt geen vragen tot" in await me.told("/pulse status")
        assert "Pauze beëindigen" in words(await me.home())
        await house.clock_to(last + timedelta(days=1))

        async def over() -> bool:  # the bot asks for the time once a second at most
            return "Je krijgt geen vragen tot" not in await me.told("/pulse status")

        await eventually(over)
        view = await me.home()
        assert "Pauze tot" not in words(view)
        assert "Pauze beëindigen" not in words(view)
        await me.press("home.preferences", view=view)
        assert "zoals het nu is" not in words(await me.modal())


def raw_rows(house: House, person: str) -> dict[str, list[dict[str, object]]]:
    """What SQLite itself says of a person, without any of our code."""
    with sqlite3.connect(house.settings.ledger_folder / "ledger.sqlite") as database:
        database.row_factory = sqlite3.Row
        tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = {}
        for table in tables:
            columns = {row[1] for row in database.execute(f"PRAGMA table_info({table})")}
            if {"workspace", "member"} <= columns:
                rows = database.execute(f"SELECT * FROM {table} WHERE member = ?", (person,))
                found[table] = [dict(row) for row in rows]
    return {table: rows for table, rows in found.items() if rows}


async def test_what_is_stored_about_me_is_the_ledger_row_byte_for_byte(house: House) -> None:
    house.plan()
    async with house.bot():
        await house.open_and_send()
        await house.answer_all(member(3), [1, 2, 3, 4, 5])
        me = Colleague(house, member(3))
        await me.told("/pulse language nl")
        await me.told("/pulse buddy")
        view = await me.home()
        await me.press("home.stored", view=view)
        modal = await me.modal()
        for place in (words(view), words(modal)):
            shown: dict[str, list[str]] = {}
            for table, content in re.findall(r"`(\w+)`\n```(.*?)```", place, re.DOTALL):
                shown.setdefault(table, []).append(html.unescape(content))
            stored = raw_rows(house, member(3))
            assert {"member", "invitation", "preference", "buddy"} <= set(stored)
            as_json = {
                table: [json.dumps(row, separators=(",", ":"), ensure_ascii=False) for row in rows]
                for table, rows in stored.items()
            }
            assert {table: rows for table, rows in shown.items() if table in as_json} == {
                table: as_json[table] for table in shown
            }
        assert set(as_json) == set(shown)  # the modal has all of them


@pytest.fixture
def patient_with_kafka(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine a ballot is withdrawn later than Slack would wait."""
    monkeypatch.setattr(home, "_FORGET_SECONDS", 30.0)


@pytest.mark.usefixtures("patient_with_kafka")
async def test_forget_me_withdraws_the_ballot_and_leaves_no_row_that_names_me(house: House) -> None:
    house.plan()
    async with house.bot():
        await house.open_and_send()
        await house.answer_all(member(3), [1, 2, 3, 4, 5])
        await house.answer_all(member(4), [1, 2, 3, 4, 5])
        me = Colleague(house, member(3))
        await me.told("/pulse buddy")
        assert member(3).encode() in house.raw_ledger()
        await me.press("home.forget", view=await me.home())
        await me.sees("We hebben je naam")
        (withdrawn,) = [e for _, e in house.events(TopicName.ANSWERS) if isinstance(e, BallotWithdrawn)]
        given = [e for _, e in house.events(TopicName.ANSWERS, read=False) if isinstance(e, AnswerGiven)]
        mine = [answer for answer in given if answer.ballot_id == withdrawn.ballot_id]
        assert len(mine) == 5
        assert withdrawn.revision > max(answer.revision for answer in mine)
        assert raw_rows(house, member(3)) == {}
        assert raw_rows(house, member(4)) != {}

        async def gone() -> bool:
            return member(3).encode() not in house.raw_ledger()

        await eventually(gone)
        shown = words(await me.home())
        assert "Je vroeg om vergeten te worden" in shown
        report = await house.click(member(3), (await me.messages())[0], "pulse.change")
        assert "niet uitgenodigd" in words(report["shown"])
        await me.press("home.return", view=await me.home())
        await me.sees("Welkom terug")


@pytest.mark.usefixtures("patient_with_kafka")
async def test_forget_me_of_a_champion_takes_the_name_out_of_approvals_and_the_audit_log(house: House) -> None:
    house.plan()
    async with house.bot():
        me = Colleague(house, CHAMPION)
        assert CHAMPION.encode() in house.raw_ledger()
        await me.press("home.forget", view=await me.home())
        await me.sees("We hebben je naam")
        with sqlite3.connect(house.settings.ledger_folder / "ledger.sqlite") as database:
            assert database.execute("SELECT count(*) FROM approval").fetchone() == (0,)
            actors = {row[0] for row in database.execute("SELECT actor FROM audit")}
        assert CHAMPION not in actors
        assert "forgotten" in actors


@pytest.fixture
def open_house(house: House) -> House:
    """Every wave has an open question."""
    write_campaign(house.folder, house.campaign_id, open_question_every=1)
    house.plan()
    return house


async def test_a_comment_reaches_kafka_without_ballot_name_or_time_and_only_once(open_house: House) -> None:
    house = open_house
    first_day = record_timestamp_ms(datetime.now(UTC).date())
    async with house.bot():
        await house.open_and_send()
        thanks = await house.answer_all(member(3), [1, 2, 3, 4, 5])
        me = Colleague(house, member(3))
        await me.press("pulse.comment", message=thanks)
        modal = await me.modal()
        assert "Wat spreekt je aan" in words(modal)
        sent = await me.submit(text="Persoon 7 zei dat ik 06-12345678 moest bellen & <b>")
        assert sent["outcome"] == "closed", sent
        await me.sees("we hebben je woorden")
        ((record, comment),) = [
            found for found in house.events(TopicName.COMMENTS) if isinstance(found[1], CommentGiven)
        ]
        assert (comment.question, comment.text) == ("OQ1", "[…] zei dat ik […] moest bellen & <b>")
        assert record.timestamp in (first_day, first_day + DAY_MS), "midnight of the day on which the wave was opened"
        assert (record.key, record.headers) == (comment.comment_id.encode(), [])
        ballots = {e.ballot_id for _, e in house.events(TopicName.ANSWERS) if isinstance(e, AnswerGiven)}
        assert comment.comment_id not in ballots
        assert b"moest bellen" not in house.raw_ledger()
        await me.press("pulse.comment", message=thanks)
        assert (await me.submit(text="nog iets"))["outcome"] == "closed"
        await me.sees("al beantwoord")
        assert len([e for _, e in house.events(TopicName.COMMENTS) if isinstance(e, CommentGiven)]) == 1
        await house.clock_to(house.campaign.schedule.closes_at(1))

        async def closed() -> bool:
            return (await house.wave()).state is WaveState.CLOSED

        await eventually(closed)
        with sqlite3.connect(house.settings.ledger_folder / "ledger.sqlite") as database:
            assert database.execute("SELECT count(*) FROM commented").fetchone() == (0,)


@pytest.mark.usefixtures("patient_with_kafka")
async def test_a_comment_of_somebody_who_is_not_invited_is_not_called_late(open_house: House) -> None:
    house = open_house
    async with house.bot():
        await house.open_and_send()
        thanks = await house.answer_all(member(3), [1, 2, 3, 4, 5])
        me = Colleague(house, member(3))
        await me.press("home.forget", view=await me.home())
        await me.sees("We hebben je naam")
        await me.press("pulse.comment", message=thanks)
        assert (await me.submit(text="Mag ik nog iets zeggen?"))["outcome"] == "closed"
        await me.sees("niet uitgenodigd voor deze ronde")


async def test_a_comment_that_kafka_does_not_take_stays_in_the_modal(open_house: House) -> None:
    house = open_house
    async with house.bot():
        await house.open_and_send()
        thanks = await house.answer_all(member(3), [1, 2, 3, 4, 5])
    async with house.bot(kafka_bootstrap="127.0.0.1:9"):
        me = Colleague(house, member(3))

        async def ready() -> bool:
            return (await house.act.post("/act/verify", json={})).json()["verified"]

        await eventually(ready)
        await me.press("pulse.comment", message=thanks)
        sent = await me.submit(text="Gaat dit goed?")
        assert sent["outcome"] == "errors", sent
        assert "nog een keer" in sent["errors"]["text"]
    async with house.bot():
        assert (await me.submit(text="Gaat dit goed?"))["outcome"] == "closed"
        await me.sees("we hebben je woorden")
