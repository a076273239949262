"""`draagvlak import` through the front door: real files, the real topics, the real ingest, the real release."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from sandbox.stack.secret_files import Role
from services.contracts.topics import TopicName
from surveys import worker_robotics
from tests.integration.ingest.platform import Platform, platform, wait_until
from tests.integration.ingest.wire_tap import Mode, wire_tap
from tests.kafka.reading import everything

SURVEYS = Path(worker_robotics.__file__).parent

SURVEY = """
title: {nl: Oud onderzoek, en: Old survey}
scales:
  agree:
    - {nl: Helemaal oneens, en: Strongly disagree}
    - {nl: Oneens, en: Disagree}
    - {nl: Neutraal, en: Neutral}
    - {nl: Eens, en: Agree}
    - {nl: Helemaal eens, en: Strongly agree}
items:
""" + "".join(
    f"  - {{id: Q{n}, measure: trust, driver: d{n}, polarity: more, scale: agree,\n"
    f"     text: {{nl: Vraag {n}, en: Item {n}}}}}\n"
    for n in range(1, 7)
)
HEADER = "team,Q1,Q2,Q3,Q4,Q5,Q6"
ROSTER = "team,parent,name,invited\ncare,,Care,20\nhome,care,Home,12\ndesk,,Desk,3\nstaff,,Staff,9\n"


def answers(per_team: Mapping[str, int], seed: int = 0) -> str:
    """Random rows, with one "rather not say" in the first row of each team."""
    random = Random(seed)
    rows = [HEADER]
    for team, count in per_team.items():
        for number in range(count):
            values = [str(random.randint(1, 5)) for _ in range(5)]
            rows.append(",".join([team, "-" if number == 0 else "3", *values]))
    return "\n".join(rows) + "\n"


PEOPLE = {"care": 14, "home": 8, "desk": 2, "staff": 7}


@dataclass(frozen=True)
class Import:
    """What is typed after ``draagvlak import``."""

    folder: Path
    wave: str
    opened: str = "2024-03-04"
    closed: str = "2024-03-15"
    survey: str = SURVEY
    roster: str = ROSTER
    answers: str = field(default_factory=lambda: answers(PEOPLE))
    more: tuple[str, ...] = ()

    def arguments(self) -> list[str]:
        """The command line, with the files written."""
        line = ["import", "--wave", self.wave, "--opened", self.opened, "--closed", self.closed, *self.more]
        contents = {"survey": self.survey, "answers": self.answers, "roster": self.roster}
        for name, content in contents.items():
            path = self.folder / f"{self.wave}-{name}{'.yaml' if name == 'survey' else '.csv'}"
            path.write_text(content, encoding="utf-8")
            line += [f"--{name}", str(path)]
        return line


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A broker and a store with ingest running on them."""
    with platform(tmp_path_factory.mktemp("importing")) as built, built.running_ingest():
        yield built


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Where files are written."""
    return tmp_path


def run(there: Platform, wanted: Import) -> subprocess.CompletedProcess[str]:
    return there.command(Role.IMPORT, *wanted.arguments())


def contents(there: Platform, wave_id: str) -> list[tuple[Any, ...]]:
    tables = ("pulse_ballots.answers", "pulse_ballots.unit_counts", "pulse_ballots.invited", "pulse_facts.waves")
    query = "SELECT count(), sum(cityHash64(*)) FROM {table} FINAL WHERE wave_id = {{wave:String}}"
    return [there.rows(query.format(table=table), wave=wave_id)[0] for table in tables]


def test_an_import_is_a_wave_like_every_other_and_a_second_one_changes_nothing(there: Platform, files: Path) -> None:
    wanted = Import(files, "old-survey")
    done = run(there, wanted)
    assert done.returncode == 0, done.stderr
    assert "31 people" in done.stdout
    assert "counted together" in done.stderr, "the desk has 3 people"
    assert there.markers("old-survey") == 15
    units = (
        "SELECT node_id, acknowledged, with_revision FROM pulse_ballots.unit_counts FINAL WHERE wave_id = 'old-survey'"
    )
    assert there.rows(units + " ORDER BY node_id") == [("care", 14, 14), ("desk+staff", 9, 9), ("home", 8, 8)]
    stored = "SELECT count(), uniqExact(ballot_id), countIf(value IS NULL) FROM pulse_ballots.answers FINAL"
    assert there.rows(stored + " WHERE wave_id = 'old-survey'") == [(31 * 6, 31, 4)]
    before = contents(there, "old-survey")
    again = run(there, wanted)
    assert (again.returncode, again.stdout.splitlines()[-1]) == (0, "old-survey: already imported, nothing changed")
    assert contents(there, "old-survey") == before


def test_the_order_in_which_answers_are_sent_is_not_that_of_the_file(there: Platform, files: Path) -> None:
    rows = answers({"care": 20}, seed=1)
    assert run(there, Import(files, "shuffled", "2022-03-04", "2022-03-15", answers=rows)).returncode == 0
    records = [one for one in everything(there.bootstrap, TopicName.ANSWERS) if b"shuffled" in one.value]
    days = {record.timestamp for record in records}
    assert len(days) == 1, "one time for all: midnight of the day of the import"
    assert days.pop() % 86_400_000 == 0
    by_ballot: dict[str, list[str]] = {}
    for event in (json.loads(record.value) for record in records):
        if event["type"] == "answer.given":
            by_ballot.setdefault(event["ballot_id"], []).append(event["item_id"])
    assert len(by_ballot) == 20
    assert any(items != sorted(items) for items in by_ballot.values()), "a row's items come in the order of the file"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"survey": SURVEY.replace("Vraag 1", "Anders")}, "is another one (its survey differs)"),
        ({"closed": "2024-05-16"}, "is another one (its period differs)"),
        ({"roster": ROSTER.replace("care,,Care,20", "care,,Care,21")}, "is another one (its number of people differs)"),
        ({"answers": answers(PEOPLE, seed=3)}, "exists with other answers"),
    ],
)
def test_a_name_that_is_taken_by_something_else_is_refused(
    there: Platform, files: Path, change: dict[str, str], sentence: str
) -> None:
    wanted = Import(files, "taken", "2024-05-01", "2024-05-15")
    first = Import(files, "taken", "2024-05-01", "2024-05-15", answers=answers(PEOPLE, seed=2))
    assert run(there, first).returncode == 0
    before = contents(there, "taken")
    same_answers = replace(wanted, answers=first.answers)
    refused = run(there, replace(same_answers, **change))
    assert refused.returncode == 1
    assert sentence in refused.stderr
    assert contents(there, "taken") == before


def test_dates_of_another_wave_of_the_same_people_are_refused(there: Platform, files: Path) -> None:
    first = Import(files, "march", "2023-03-01", "2023-03-15", answers=answers({"care": 9}, seed=4))
    assert run(there, first).returncode == 0
    overlapping = Import(files, "april", "2023-03-15", "2023-04-15", answers=answers({"staff": 9}, seed=5))
    refused = run(there, overlapping)
    assert refused.returncode == 1
    assert "the wave march was open in the same period for the same people" in refused.stderr
    others = "team,parent,name,invited\nelsewhere,,Elsewhere,20\n"
    elsewhere = replace(overlapping, wave="other", roster=others, answers=answers({"elsewhere": 9}, seed=6))
    assert run(there, elsewhere).returncode == 0, "other people may be asked at the same time"


def test_the_same_answers_under_another_name_are_refused(there: Platform, files: Path) -> None:
    rows = answers({"staff": 9}, seed=7)
    assert run(there, Import(files, "first", "2021-03-01", "2021-03-15", answers=rows)).returncode == 0
    *most, _last = rows.splitlines()
    refused = run(there, Import(files, "second", "2021-05-01", "2021-05-15", answers="\n".join(most)))
    assert refused.returncode == 1
    assert "8 of 8 rows are equal to rows of the import first" in refused.stderr
    assert there.count("pulse_facts.waves", "second") == 0


def test_a_bad_row_is_named_and_costs_no_other_row(there: Platform, files: Path) -> None:
    good = answers({"care": 12}, seed=8).splitlines()
    bad = ["nowhere,1,1,1,1,1,1", "care,6,1,1,1,1,1", "care,1", "care,,,,,,"]
    words = "care,Agree,neutraal,Helemaal oneens,-,,STRONGLY AGREE"
    rows = "\n".join([good[0], *bad, words, *good[1:]]) + "\n"
    mixed = Import(files, "mixed", "2020-03-01", "2020-03-15", answers=rows)
    done = run(there, mixed)
    assert done.returncode == 0, done.stderr
    left_out = [line.partition("mixed-answers.csv:")[2] for line in done.stderr.splitlines() if "left out" in line]
    assert left_out == [
        "2: team: 'nowhere' is not a team of the roster",
        "3: Q1: '6' is not a point of the scale (1 to 5, or its words)",
        "4: has 2 columns, the header has 7",
        "5: has no answer at all",
    ]
    assert "13 people can be imported, 4 rows are left out" in done.stdout
    assert there.rows("SELECT uniqExact(ballot_id) FROM pulse_ballots.answers WHERE wave_id = 'mixed'") == [(13,)]
    in_words = "SELECT item_id, value FROM pulse_ballots.answers FINAL WHERE wave_id = 'mixed' AND ballot_id IN ({ids})"
    alone = "SELECT ballot_id FROM pulse_ballots.answers FINAL WHERE wave_id = 'mixed' GROUP BY 1 HAVING count() = 5"
    assert there.rows(in_words.format(ids=alone) + " ORDER BY item_id") == [
        ("Q1", 4),
        ("Q2", 3),
        ("Q3", 1),
        ("Q4", None),
        ("Q6", 5),
    ]


@pytest.mark.parametrize(
    ("opened", "closed", "sentence"),
    [
        ("2024-03-15", "2024-03-04", "the survey closed on 2024-03-04, before it opened on 2024-03-15"),
        ("2024-03-15", "2999-01-01", "the survey closes on 2999-01-01, which is still to come"),
    ],
)
def test_impossible_dates_are_wrong_use(there: Platform, files: Path, opened: str, closed: str, sentence: str) -> None:
    refused = run(there, Import(files, "dates", opened, closed))
    assert refused.returncode == 2
    assert sentence in refused.stderr


def test_a_killed_import_is_completed_by_the_next(tmp_path_factory: pytest.TempPathFactory, files: Path) -> None:
    """The kill lands when the opening is stored and not all answers are; ingest is held up to make room for it.

    Then it stores nothing until the next import has seen how far this one came.
    """
    many = {"care": 18, "home": 11, "desk": 2, "staff": 8}
    more = range(7, 123)
    item = "  - {{id: Q{n}, measure: trust, polarity: more, scale: agree, text: {{nl: n{n}, en: n{n}}}}}\n"
    survey = SURVEY + "".join(item.format(n=n) for n in more)
    header, *given = answers(many).splitlines()
    rows = [header + "".join(f",Q{n}" for n in more), *(row + ",3" * len(more) for row in given)]
    wanted = Import(files, "cut", survey=survey, answers="\n".join(rows))
    with platform(tmp_path_factory.mktemp("killed")) as there:
        line = [sys.executable, "-m", "services.command_line", *wanted.arguments()]
        environment = there.environment(Role.IMPORT, PYTHONUNBUFFERED="1")
        with (
            wire_tap((there.store.host, there.store.port)) as tap,
            there.running_ingest(DRAAGVLAK_INGEST_FLUSH_SECONDS="0.1", DRAAGVLAK_CLICKHOUSE_PORT=str(tap.port)),
        ):
            tap.hold_seconds = 3.0
            process = subprocess.Popen(line, env=environment, stdout=subprocess.DEVNULL)
            wait_until(lambda: there.count("pulse_facts.waves", "cut"), "the opening is stored")
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            tap.set(Mode.REFUSE)
            assert there.count("pulse_facts.wave_closes", "cut") == 0, "the kill came too late"
            with subprocess.Popen(
                line, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
            ) as following:
                assert following.stdout is not None
                assert any("an import was cut off here; going on" in told for told in following.stdout)
                tap.hold_seconds = 0.0
                tap.set(Mode.PASS)
                rest = following.stdout.read()
            assert following.returncode == 0, rest
        stored = "SELECT count(), uniqExact(ballot_id) FROM pulse_ballots.answers FINAL WHERE wave_id = 'cut'"
        assert there.rows(stored) == [(39 * 122, 39)]
        assert there.markers("cut") == 15


def test_without_ingest_an_import_says_so_and_can_be_repeated(
    tmp_path_factory: pytest.TempPathFactory, files: Path
) -> None:
    with platform(tmp_path_factory.mktemp("alone")) as there:
        wanted = Import(files, "alone", more=("--patience", "2"))
        waiting = run(there, wanted)
        assert waiting.returncode == 1
        assert "Start `draagvlak ingest`" in waiting.stderr
        with there.running_ingest():
            assert run(there, replace(wanted, more=())).returncode == 0


@pytest.mark.needs("shared")
def test_the_published_worker_survey_is_released_as_its_published_figures_say(
    there: Platform, files: Path, shared: Path
) -> None:
    source = shared / "data" / "worker_robotics_survey.csv"
    given, people = worker_robotics.write(source, files)
    line = ("--wave", "workers", "--opened", "2019-06-03", "--closed", "2019-06-16", "--roster", str(people))
    survey = SURVEYS / "worker_robotics.yaml"
    done = there.command(Role.IMPORT, "import", *line, "--survey", str(survey), "--answers", str(given))
    assert done.returncode == 0, done.stderr
    assert "imported 337 people" in done.stdout
    released = there.command(Role.RELEASE, "release", "workers")
    assert released.returncode == 0, released.stderr + released.stdout
    cells = there.rows(
        "SELECT node_id, score FROM pulse_release.cells FINAL WHERE wave_id = 'workers' AND measure = 'job_security'"
    )
    scores = dict(cells)
    assert round(scores["organisation"], 1) == 38.2
    assert scores["manufacturing"] == 30
