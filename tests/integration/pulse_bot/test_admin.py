"""What a champion does from `/pulse admin`: look, try, approve, extend, stop, promise, set phases, end, begin."""

import csv
import sqlite3
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

from services.contracts.base import Text
from services.contracts.events import BallotWithdrawn, PromiseState
from services.contracts.topics import TopicName
from services.pulse_bot.announcements import phases, promises, releases
from services.pulse_bot.announcements.releases import Released
from services.pulse_bot.answers.book import WaveBook
from services.pulse_bot.answers.in_flight import InFlight
from services.pulse_bot.answers.values import Person
from services.pulse_bot.forgetting import Forgetting
from services.pulse_bot.ledger import stored, waves
from services.pulse_bot.ledger.models import WaveState
from tests.integration.pulse_bot.acting import Colleague, Json, words
from tests.integration.pulse_bot.house import CHAMPION, House, Reader, build, directory, eventually, member


async def pressed(me: Colleague, menu: Json, verb: str, **more: Any) -> str:
    """Press a button of the menu; what is said then."""
    report = await me.press(f"admin.do.{verb}", message=menu, **more)
    return words(report["shown"]) if report["shown"] else ""


async def menu_of(me: Colleague) -> Json:
    report = await me.command("/pulse admin")
    assert report["effect"] == "ephemeral", report
    shown: Json = report["shown"]
    return shown


async def test_a_champion_looks_tries_approves_extends_and_stops(house: House) -> None:
    house.plan(approve=False)
    async with house.bot():
        me = Colleague(house, CHAMPION)
        menu = await menu_of(me)
        assert "Goedgekeurd door 0 van 1" in words(menu)
        told = await pressed(me, menu, "dry_run")
        assert "uitnodigingen: 12" in told
        assert "geen bericht (een gast): 1" in told
        assert "drie rondes samen" in await pressed(me, menu, "visibility")
        await pressed(me, menu, "preview")
        await me.sees("Alles bij elkaar")
        assert await Colleague(house, member(3)).messages() == []
        assert "Goedgekeurd." in await pressed(me, menu, "approve")
        await house.open_and_send()
        await house.invitation(member(3))
        menu = await menu_of(me)
        assert "is open" in words(menu)
        before = (await house.wave()).closes_at
        await me.press("admin.do.extend", message=menu)
        assert (await me.submit(days="2"))["outcome"] == "closed"
        assert (await house.wave()).closes_at == before + timedelta(days=2)
        await me.press("admin.do.extend", message=menu)
        refused = await me.submit(days="7")
        assert (refused["outcome"], set(refused["errors"])) == ("errors", {"days"})
        await me.house.act.post("/act/close", json={"user": CHAMPION, "view_id": (await me.modal())["id"]})
        assert "Gestopt." in await pressed(me, menu, "stop")

        async def closed() -> bool:
            return (await house.wave()).state is WaveState.CLOSED

        await eventually(closed)
        late = await house.click(member(3), (await Colleague(house, member(3)).messages())[-1], "pulse.answer.1")
        assert "gesloten" in words(late["shown"])


async def test_nobody_else_can_press_a_champions_button(house: House) -> None:
    house.plan()
    async with house.bot():
        me = Colleague(house, member(5))
        assert "voor kartrekkers" in await me.told("/pulse admin")
        await house.open_and_send()
        message = await house.invitation(member(5))
        for verb in ("stop", "approve", "finish", "promise", "buddies"):
            forged = {"action_id": f"admin.do.{verb}", "block_id": "admin", "value": house.wave_id()}
            report = await me.press(f"admin.do.{verb}", message=message, remembered=forged)
            assert "voor kartrekkers" in words(report["shown"])
        assert (await house.wave()).state is WaveState.OPEN


async def test_promises_phases_and_buddies(house: House) -> None:
    house.plan()
    async with house.bot():
        me = Colleague(house, CHAMPION)
        menu = await menu_of(me)
        assert "Er staat geen belofte open" in await pressed(me, menu, "settle")
        await me.press("admin.do.promise", message=menu)
        later = (house.campaign.schedule.starts_on + timedelta(days=60)).isoformat()
        assert (await me.submit(said="Te weinig uitleg", text="Een training", owner="HR", due=later))[
            "outcome"
        ] == "closed"
        await me.sees("Opgeschreven")
        assert "Wij doen: \u2068Een training\u2069" in words(await me.home())
        ledger = house.ledger()
        (promise,) = ledger.read_now(lambda c: promises.of_campaign(c, house.campaign_id))
        await me.press("admin.do.settle", message=menu)
        await me.submit(text=promise.id, state="kept")
        (kept,) = ledger.read_now(lambda c: promises.of_campaign(c, house.campaign_id))
        assert (kept.state, kept.said) == (PromiseState.KEPT, Text(nl="Te weinig uitleg", en="Te weinig uitleg"))
        await me.press("admin.do.phase", message=menu)
        small = await me.submit(node="noord", phase="pilot", date=later)
        assert "te klein" in small["errors"]["node"]
        assert ledger.read_now(lambda c: phases.of_campaign(c, house.campaign_id)) == ()
        assert "nog niemand" in await pressed(me, menu, "buddies")
        await Colleague(house, member(6)).told("/pulse buddy")
        assert f"<@{member(6)}>" in await pressed(me, menu, "buddies")
        assert "Er wacht niets" in await pressed(me, menu, "drafts")
        assert "niets te verbeteren" in await pressed(me, menu, "correct")


async def test_the_end_of_a_campaign_stops_everything_and_gives_the_released_cells(house: House) -> None:
    house.plan()
    async with house.bot():
        cell = {"node_id": "organisation", "measure": "trust", "status": "shown", "score": 61.0, "n_band": "12-19"}
        released = Released.model_validate(
            {
                "wave": house.wave_id(),
                "title": {"nl": "Ronde 1", "en": "Round 1"},
                "closed_at": datetime(2026, 1, 12, tzinfo=UTC),
                "nodes": [],
                "cells": [cell],
            }
        )
        ledger = house.ledger()
        ledger.write_now(releases.put(released))
        me = Colleague(house, CHAMPION)
        assert "beëindigd" in await pressed(me, await menu_of(me), "finish")
        states = {wave.state for wave in ledger.read_now(lambda c: waves.of_campaign(c, house.campaign_id))}
        assert states == {WaveState.SKIPPED}
        shared = await me.sees(".csv")
        address = words(shared).split("<")[1].split("|")[0]
        content = (await house.act.get(address)).content.decode("utf-8-sig")
        (row,) = csv.DictReader(StringIO(content))
        assert (row["node"], row["measure"], row["score"], row["n"]) == ("organisation", "trust", "61.0", "")


async def test_the_campaigns_file_leads_to_a_test_round_with_nothing_sent_to_others(house: House) -> None:
    async with house.bot():
        me = Colleague(house, CHAMPION)
        assert "voor kartrekkers" in await Colleague(house, member(9)).told("/pulse admin")
        menu = await menu_of(me)
        assert "campaign.yaml" in words(menu)
        assert "Gepland. Aantal rondes: 2" in await pressed(me, menu, "plan")
        await pressed(me, await menu_of(me), "preview")
        await me.sees("Alles bij elkaar")
        await house.open_and_send()  # not approved, so nothing goes out
        await me.told("/pulse status")
        await nobody_was_asked(house)


async def nobody_was_asked(house: House) -> None:
    for number in range(3, 13):
        shown = words(await Colleague(house, member(number)).messages())
        assert "Alles bij elkaar" not in shown
    with sqlite3.connect(house.settings.ledger_folder / "ledger.sqlite") as database:
        assert database.execute("SELECT count(*) FROM invitation").fetchone() == (0,)


async def test_user_groups_lead_an_administrator_from_an_empty_workspace_to_a_test_round(
    tmp_path: Path, topics_there: str, reader: Reader
) -> None:
    content = directory()
    content["users"][0]["is_admin"] = True
    content["usergroups"] = [
        {"id": "S001", "handle": "noord", "name": "Noord", "users": [member(n) for n in range(1, 7)]},
        {"id": "S002", "handle": "zuid", "name": "Zuid & West", "users": [member(n) for n in range(7, 13)]},
    ]
    async with (
        build(tmp_path, topics_there, reader, "unused", directory_content=content) as house,
        house.bot(campaign_file=None, roster_file=None),
    ):
        assert "voor kartrekkers" in await Colleague(house, member(3)).told("/pulse admin")
        me = Colleague(house, CHAMPION)
        await me.press("admin.do.set_up", message=await menu_of(me))
        starts_on = (datetime.now(UTC) + timedelta(days=14)).date()
        chosen = {"groups": ["S001", "S002"], "champions": [CHAMPION], "language": "nl"}
        early = await me.submit(name="Zorg De Linde", date="2020-01-06", **chosen)
        assert set(early["errors"]) == {"date"}
        sent = await me.submit(name="Zorg De Linde", date=starts_on.isoformat(), **chosen)
        assert sent["outcome"] == "closed", sent
        await me.sees("Gepland. Aantal rondes: 8")
        menu = await menu_of(me)
        assert "uitnodigingen: 12" in await pressed(me, menu, "dry_run")
        assert "drie rondes samen" in await pressed(me, menu, "visibility")
        await pressed(me, menu, "preview")
        await me.sees("Alles bij elkaar")
        await nobody_was_asked(house)


async def test_a_process_beside_the_bot_forgets_somebody_as_the_button_does(house: House) -> None:
    house.plan()
    async with house.bot():
        await house.open_and_send()
        await house.answer_all(member(3), [1, 2, 3, 4, 5])
        async with house.workshop("operator") as workshop:
            await workshop.records.wait_connected(60)
            book = WaveBook(workshop.ledger, workshop.keys)
            forgetting = Forgetting(workshop.ledger, book, workshop.records, InFlight())
            forgotten = await forgetting.forget(Person("T1", member(3)))
            assert forgotten.withdrawn == [house.wave_id()]
            (withdrawn,) = [e for _, e in house.events(TopicName.ANSWERS) if isinstance(e, BallotWithdrawn)]
            assert withdrawn.revision == 6
            assert workshop.ledger.read_now(lambda c: stored.about(c, "T1", member(3))) == ()
            again = await forgetting.forget(Person("T1", member(3)))
            assert (again.withdrawn, again.rows) == ([], 0)
