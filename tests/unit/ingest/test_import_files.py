"""Files of people's making: any usual form is read, every fault is named with its line, none costs another row."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.faults import FileFaults
from services.contracts.files import load_survey
from services.contracts.survey import Survey
from services.ingest.importing.answers import Answers, load_answers
from services.ingest.importing.roster import Roster, load_roster
from services.ingest.importing.stored import equal_rows
from services.ingest.importing.tabular import read
from services.ingest.importing.wave import WrongDates, opening, period, wave

SURVEY = """
title: {nl: Onderzoek, en: Survey}
scales:
  numbers: [{nl: "0", en: "0"}, {nl: "1", en: "1"}, {nl: "2", en: "2"}]
  words: [{nl: Nee, en: "No"}, {nl: Misschien, en: Maybe}, {nl: Ja, en: "Yes"}]
items:
  - {id: Q1, measure: trust, polarity: more, scale: words, text: {nl: Een, en: One}}
  - {id: Q2, measure: trust, polarity: more, scale: numbers, text: {nl: Twee, en: Two}}
"""
ROSTER = "team,parent,name,invited\nhome,care,Thuis,12\ncare,,Zorg,9\nstaff,,Staf,8\n"
ANSWERS = "team,Q1,Q2\nhome,1,0\ncare,Ja,-\nstaff,maybe,\n"


def faults(error: pytest.ExceptionInfo[FileFaults]) -> list[str]:
    return [str(fault).partition(":")[2] for fault in error.value.faults]


@pytest.fixture
def survey(tmp_path: Path) -> Survey:
    path = tmp_path / "survey.yaml"
    path.write_text(SURVEY, encoding="utf-8")
    return load_survey(path)


def roster(folder: Path, text: str = ROSTER) -> Roster:
    path = folder / "roster.csv"
    path.write_text(text, encoding="utf-8")
    return load_roster(path)


def answers(folder: Path, survey: Survey, content: str | bytes = ANSWERS, people: str = ROSTER) -> Answers:
    path = folder / "answers.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return load_answers(path, survey, roster(folder, people), "w")


def test_numbers_words_in_either_language_empty_and_a_dash_are_understood(tmp_path: Path, survey: Survey) -> None:
    ballots = answers(tmp_path, survey).ballots
    assert [dict(ballot.values) for ballot in ballots] == [{"Q1": 1, "Q2": 1}, {"Q1": 3, "Q2": None}, {"Q1": 2}]


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + ANSWERS.encode(),
        ANSWERS.replace("\n", "\r\n").encode(),
        ANSWERS.replace(",", ";").encode(),
        ANSWERS.replace(",", "\t").encode(),
        ANSWERS.encode("utf-16"),
        ANSWERS.replace("home", '"home"').replace(",1,", ", 1 ,").encode(),
        ANSWERS.rstrip("\n").encode(),
        ANSWERS.encode() + b"\n,,\n",
    ],
    ids=["mark", "windows line ends", "semicolons", "tabs", "utf-16", "quotes and spaces", "no end", "empty lines"],
)
def test_every_usual_form_of_a_file_says_the_same_and_makes_the_same_ballots(
    tmp_path: Path, survey: Survey, content: bytes
) -> None:
    assert answers(tmp_path, survey, content).ballots == answers(tmp_path, survey).ballots


def test_other_answers_or_another_wave_make_other_ballots(tmp_path: Path, survey: Survey) -> None:
    first = {ballot.ballot_id for ballot in answers(tmp_path, survey).ballots}
    assert not first & {b.ballot_id for b in answers(tmp_path, survey, ANSWERS.replace("Ja", "Nee")).ballots}
    other = load_answers(tmp_path / "answers.csv", survey, roster(tmp_path), "another")
    assert not first & {ballot.ballot_id for ballot in other.ballots}


def test_a_file_of_an_older_spreadsheet_is_read_and_said_aloud(tmp_path: Path, survey: Survey) -> None:
    path = tmp_path / "roster.csv"
    path.write_bytes(ROSTER.replace("Thuis", "Thuiszorg Curaçao").encode("cp1252"))
    people = load_roster(path)
    assert people.tree.by_id["home"].name.nl == "Thuiszorg Curaçao"
    assert "was read as Windows-1252" in people.remarks[0]


def test_what_is_no_text_is_refused_in_one_sentence(tmp_path: Path, survey: Survey) -> None:
    with pytest.raises(FileFaults) as refused:
        answers(tmp_path, survey, b"team,Q1,Q2\nhome,1,\x00\n")
    assert faults(refused) == ["2: is no text file: it holds NUL; save it as CSV in UTF-8"]
    with pytest.raises(FileFaults) as refused:
        answers(tmp_path, survey, b"team,Q1,Q2\nhome,\x81,1\n")
    assert faults(refused) == ["2: is neither UTF-8 nor Windows-1252; save it as CSV in UTF-8"]
    with pytest.raises(FileFaults) as refused:
        answers(tmp_path, survey, b"")
    assert faults(refused) == ["1: is empty"]


def test_columns_that_do_not_fit_the_survey_are_named(tmp_path: Path, survey: Survey) -> None:
    with pytest.raises(FileFaults) as refused:
        answers(tmp_path, survey, "team,Q1\nhome,1\n")
    assert faults(refused) == ["1: Q2: this column is missing from the header"]
    with pytest.raises(FileFaults) as refused:
        answers(tmp_path, survey, "team,Q1,Q2,name\nhome,1,1,Jan\n")
    assert faults(refused) == ["1: name: is not an item of the survey; leave it out"]
    with pytest.raises(FileFaults) as refused:
        answers(tmp_path, survey, "team,Q1,Q2,Q2\nhome,1,1,1\n")
    assert faults(refused) == ["1: Q2: stands in the header more than once"]


def test_every_fault_of_every_bad_row_is_named_and_good_rows_are_kept(tmp_path: Path, survey: Survey) -> None:
    """Line 6 holds a cell of two lines; the rows after it keep their own line."""
    rows = ["home,1,0", "nowhere,9,0", "home,1", "home,,", '"home","1\n","0"', "home,Ja,5"]
    mixed = answers(tmp_path, survey, "\n".join(["team,Q1,Q2", *rows]) + "\n")
    assert len(mixed.ballots) == 2
    assert [str(fault).partition("answers.csv:")[2] for fault in mixed.faults] == [
        "3: team: 'nowhere' is not a team of the roster",
        "3: Q1: '9' is not a point of the scale (1 to 3, or its words)",
        "4: has 2 columns, the header has 3",
        "5: has no answer at all",
        "8: Q2: '5' is not a point of the scale (1 to 3, or its words)",
    ]


def test_a_file_without_one_usable_row_is_refused(tmp_path: Path, survey: Survey) -> None:
    with pytest.raises(FileFaults) as refused:
        answers(tmp_path, survey, "team,Q1,Q2\nnowhere,1,1\n")
    assert faults(refused)[-1] == "1: has no row that can be used"


def test_more_answers_than_people_are_refused(tmp_path: Path, survey: Survey) -> None:
    with pytest.raises(FileFaults) as refused:
        answers(tmp_path, survey, "team,Q1,Q2\n" + "staff,1,1\n" * 9)
    assert faults(refused) == ["1: team: staff has 9 rows, but only 8 people were invited"]


def test_parents_may_stand_below_their_children_and_names_may_differ_by_language(tmp_path: Path) -> None:
    tree = roster(tmp_path).tree
    assert [(node.id, node.parent) for node in tree.nodes] == [
        ("organisation", None),
        ("care", "organisation"),
        ("staff", "organisation"),
        ("home", "care"),
    ]
    both = "team,parent,name_nl,name_en,invited\ncare,,Zorg,Care,9\norganisation,,De Zorg,The Care,6\n"
    named = roster(tmp_path, both)
    assert (named.tree.by_id["care"].name.nl, named.tree.by_id["care"].name.en) == ("Zorg", "Care")
    assert named.tree.by_id["organisation"].name.nl == "De Zorg"
    assert named.merged.invited["organisation"] == 6


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (
            "a b,,Name,5",
            "2: team: 'a b' must be letters, digits or one of _ . + - (at most 127, starting with a letter",
        ),
        ("a,,Name,vijf", "2: invited: 'vijf' is not a number of people"),
        ("a,,Name,-5", "2: invited: '-5' is not a number of people"),
        ("a,,,5", "2: name: is empty"),
        ("a,b,Name,5", "2: parent: b is not a team of the roster"),
        ("a,a,Name,5", "2: parent: its parents go round in a circle"),
        ("a,,Name,5\na,,Name,5", "3: team: a stands in the roster twice"),
        ("a,,Name,4", "1: invited: 4 people are invited; fewer than 5 can never be shown, so no wave can open"),
        ("a,,Name", "2: has 3 columns, the header has 4"),
        ("organisation,a,Name,5", "2: parent: organisation is the top of the tree and has no parent"),
    ],
)
def test_a_roster_with_a_fault_is_refused_with_its_line(tmp_path: Path, row: str, fault: str) -> None:
    with pytest.raises(FileFaults) as refused:
        roster(tmp_path, f"team,parent,name,invited\n{row}\n")
    assert faults(refused)[0].startswith(fault)


def test_people_of_a_unit_that_is_too_small_answer_under_the_label_of_a_larger_one(
    tmp_path: Path, survey: Survey
) -> None:
    people = "team,parent,name,invited\nbig,,Big,9\ntiny,,Tiny,2\n"
    given_answers = answers(tmp_path, survey, "team,Q1,Q2\ntiny,1,1\nbig,1,1\n", people)
    assert {ballot.unit for ballot in given_answers.ballots} == {"big+tiny"}


def test_the_wave_counts_each_unit_and_sends_every_answer_once(tmp_path: Path, survey: Survey) -> None:
    people, given_answers = roster(tmp_path), answers(tmp_path, survey)
    opened = opening("w", "c", survey, people, period(date(2024, 3, 4), date(2024, 3, 4), date(2024, 3, 4)))
    whole = wave(opened, given_answers.ballots)
    assert opened.imported
    assert (opened.title.nl, opened.closes_at) == ("Onderzoek", datetime(2024, 3, 4, 23, 59, 59, tzinfo=UTC))
    assert len(whole.answers) == 5
    assert {(unit.node_id, unit.acknowledged, unit.with_revision) for unit in whole.closed.units} == {
        ("care", 1, 1),
        ("home", 1, 1),
        ("staff", 1, 1),
    }


def test_dates_run_forward_and_lie_in_the_past() -> None:
    with pytest.raises(WrongDates, match="before it opened"):
        period(date(2024, 3, 5), date(2024, 3, 4), date(2024, 4, 1))
    with pytest.raises(WrongDates, match="still to come"):
        period(date(2024, 3, 5), date(2024, 3, 6), date(2024, 3, 5))


def test_equal_rows_are_counted_each_once_and_only_where_enough_is_asked_by_both() -> None:
    ours = [("t", {"Q1": 1, "Q2": 2}), ("t", {"Q1": 1, "Q2": 2}), ("u", {"Q1": None, "Q2": 2})]
    assert equal_rows(ours, ours) == 3
    assert equal_rows(ours, ours[:1]) == 1
    assert equal_rows(ours, [("t", {"Q1": 1, "Q2": 2, "Q3": 5})]) == 1
    assert equal_rows(ours, [("other", {"Q1": 1, "Q2": 2})]) == 0
    assert equal_rows([("t", {"A": 1, "B": 1, "C": 1})], [("t", {"A": 1})]) == 0


@given(st.binary(max_size=300))
def test_no_bytes_at_all_make_reading_fail_otherwise_than_by_naming_the_fault(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(content)
    try:
        sheet = read(path, ())
    except FileFaults:
        return
    assert all(set(row.cells) == set(sheet.header) for row in sheet.rows)
