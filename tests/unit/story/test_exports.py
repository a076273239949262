"""The files that the sandbox and ``draagvlak import`` read."""

import csv
from collections import Counter
from pathlib import Path

from sandbox.slack.directory import Directory
from sandbox.story.exports import (
    GUEST,
    LEFT,
    directory,
    write_campaign,
    write_directory,
    write_import_answers,
    write_import_roster,
    write_import_survey,
    write_roster,
)
from sandbox.story.organisation import build
from sandbox.story.plan import load_bank, zorg
from sandbox.story.simulation import Simulation
from services.contracts.files import load_campaign, load_survey
from services.ingest.importing.answers import load_answers
from services.ingest.importing.roster import load_roster


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_directory_reads_back_with_a_guest_a_leaver_and_a_bot_besides_120_people(tmp_path: Path) -> None:
    organisation = build(zorg(), 1)
    write_directory(organisation, tmp_path / "directory.yaml")
    read = Directory.read(tmp_path / "directory.yaml")
    assert read == directory(organisation)
    plain = [u for u in read.users if not (u.is_bot or u.deleted or u.is_restricted)]
    assert len(plain) == 120
    assert sum(u.deleted for u in read.users) == sum(u.is_restricted for u in read.users) == 1
    assert {u.locale for u in plain} == {"nl-NL", "en-US"}
    assert not any("proeftuin" in thing.name for thing in (*read.channels, *read.usergroups))


def test_the_champions_of_the_campaign_work_in_staff_and_hr() -> None:
    organisation = build(zorg(), 1)
    node_of = {person.member: person.node for person in organisation.people}
    assert {node_of[champion] for champion in zorg().campaign.champions} == {"staf"}


def test_the_roster_puts_everybody_at_a_node_and_still_holds_a_guest_and_a_leaver(tmp_path: Path) -> None:
    organisation = build(zorg(), 1)
    write_roster(organisation, tmp_path / "roster.csv")
    placed = rows(tmp_path / "roster.csv")
    staff = [row for row in placed if row["member"] in {person.member for person in organisation.people}]
    assert Counter(row["node"] for row in staff) == Counter({n: s for n, s in zorg().sizes.items() if s})
    assert len({row["member"] for row in staff}) == 120
    assert {row["member"] for row in placed if row not in staff} == {GUEST.id, LEFT.id}


def test_the_campaign_of_a_wave_reads_back(tmp_path: Path) -> None:
    campaign = zorg().campaign_in(4)
    write_campaign(campaign, tmp_path / "campaign.yaml")
    assert load_campaign(tmp_path / "campaign.yaml", load_bank()) == campaign


def test_the_import_files_are_taken_whole_and_hold_the_answers_that_stand_and_no_group_of_four(tmp_path: Path) -> None:
    organisation = build(zorg(), 1)
    wave = Simulation(organisation, load_bank(), 1).wave(2)
    survey_file, answers_file, roster_file = (tmp_path / name for name in ("survey.yaml", "answers.csv", "roster.csv"))
    write_import_survey(wave, survey_file)
    write_import_answers(wave, answers_file)
    write_import_roster(organisation, roster_file)
    survey, roster = load_survey(survey_file), load_roster(roster_file)
    answers = load_answers(answers_file, survey, roster, "w2")
    assert survey.items == wave.items
    assert sum(roster.invited.values()) == 120
    assert "proeftuin" not in roster.tree.by_id
    assert not answers.faults
    given = Counter((organisation.units[s.person], frozenset(s.final.items())) for s in wave.sheets)
    assert Counter((ballot.unit, frozenset(ballot.values.items())) for ballot in answers.ballots) == given
