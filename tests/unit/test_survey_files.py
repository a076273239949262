"""Surveys and campaigns in YAML: what is good is read whole, what is wrong is said with file, line and field."""

from datetime import UTC, datetime, time
from pathlib import Path

import pytest

from services.contracts.campaign import Campaign, Channels
from services.contracts.faults import FileFaults
from services.contracts.files import load_campaign, load_items
from services.contracts.survey import Measure, Polarity

SURVEYS = Path(__file__).resolve().parents[2] / "surveys"

CAMPAIGN = """\
id: demo
title: {nl: Samen, en: Together}
schedule: {starts_on: 2026-09-07, waves: 3, cadence_weeks: 2, open_days: 7}
champions: [U1]
blocks:
  - {id: job_security, items: [JS1, JS2, JS3]}
  - {id: competence, items: [CO1, CO2, CO3]}
tree:
  nodes:
    - {id: organisation, parent: null, name: {nl: Zorg, en: Care}}
    - {id: a, parent: organisation, name: {nl: Team A, en: Team A}}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "file.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def with_a_time(field: str, told: str) -> str:
    """The campaign with this for a time of day, on its third line."""
    part, _, name = field.partition(".")
    if part == "schedule":
        return CAMPAIGN.replace("open_days: 7", f"open_days: 7, {name}: {told}")
    return CAMPAIGN.replace("schedule:", f"{part}: {{{name}: {told}}}\nschedule:")


def test_the_item_bank_holds_every_item_of_the_survey() -> None:
    bank = load_items(SURVEYS / "items.yaml")
    assert len(bank.items) == 26
    assert bank.by_id["A1"].published_as == "resistance"
    assert bank.by_id["A1"].polarity is Polarity.LESS, "5 is strongly in favour: agreeing means less resistance"
    assert bank.by_id["A2"].published_as == "trust"
    assert {item.driver for item in bank.items if item.measure is Measure.RESISTANCE} == {
        None,
        "job_security",
        "competence",
        "transparency",
        "autonomy",
    }


def test_an_item_allows_the_points_of_its_scale_and_rather_not_say() -> None:
    item = load_items(SURVEYS / "items.yaml").by_id["A1"]
    assert [value for value in (None, 0, 1, 5, 6) if item.allows(value)] == [None, 1, 5]


def test_every_example_campaign_can_be_read() -> None:
    bank = load_items(SURVEYS / "items.yaml")
    campaign = load_campaign(SURVEYS / "zorg.yaml", bank)
    assert campaign.schedule.waves == 7


def test_blocks_rotate_behind_the_anchors(tmp_path: Path) -> None:
    bank = load_items(SURVEYS / "items.yaml")
    campaign = load_campaign(write(tmp_path, CAMPAIGN), bank)
    assert [[item.id for item in campaign.items_of(n, bank)] for n in (1, 2, 3)] == [
        ["A1", "A2", "JS1", "JS2", "JS3"],
        ["A1", "A2", "CO1", "CO2", "CO3"],
        ["A1", "A2", "JS1", "JS2", "JS3"],
    ]


def test_a_wave_opens_at_the_same_local_time_on_both_sides_of_the_clock_change(tmp_path: Path) -> None:
    text = CAMPAIGN.replace("2026-09-07", "2026-10-19").replace("open_days: 7", "open_days: 8")
    schedule = load_campaign(write(tmp_path, text), load_items(SURVEYS / "items.yaml")).schedule
    assert schedule.opens_at(1).astimezone(UTC) == datetime(2026, 10, 19, 7, 0, tzinfo=UTC)
    assert schedule.closes_at(1).astimezone(UTC) == datetime(2026, 10, 27, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("wrong", "right", "line", "field", "says"),
    [
        ("items: [JS1, JS2, XX9]", "items: [JS1, JS2, JS3]", 6, "blocks.0.items.2", "XX9"),
        ("open_days: 15", "open_days: 7", 3, "schedule.open_days", "14"),
        ("parent: nowhere", "parent: organisation", 9, "tree", "nowhere"),
        ("thresholds: {score: 4}\nchampions: [U1]", "champions: [U1]", 4, "thresholds.score", "5"),
        ("champions: []", "champions: [U1]", 4, "champions", "at least 1"),
        ("colour: red\nchampions: [U1]", "champions: [U1]", 4, "colour", "not permitted"),
    ],
)
def test_a_fault_in_a_campaign_names_file_line_and_field(
    tmp_path: Path, wrong: str, right: str, line: int, field: str, says: str
) -> None:
    path = write(tmp_path, CAMPAIGN.replace(right, wrong))
    with pytest.raises(FileFaults) as caught:
        load_campaign(path, load_items(SURVEYS / "items.yaml"))
    (fault,) = caught.value.faults
    assert (fault.file, fault.field) == (str(path), field)
    assert fault.line == line
    assert says in fault.message


@pytest.mark.parametrize(
    ("given", "line", "says"),
    [
        ("schedule: {starts_on: 2026-02-30, waves: 3}", 3, "day is out of range for month"),
        ("schedule: {starts_on: 9999-12-20, waves: 3}", 3, "2199-12-31"),
        ("schedule: {starts_on: 0001-01-01, waves: 3}", 3, "2000-01-01"),
        ("schedule: &a {starts_on: *a, waves: 3}", 3, "an anchor that stands within itself"),
        ("schedule:\n  starts_on: 2026-09-07\n  waves: &a [1, *a]", 5, "an anchor that stands within itself"),
        ("schedule: {starts_on: 2026-09-07, waves: !!int three}", 3, "a value that cannot be"),
        ("schedule: {starts_on: 2026-09-07, waves: !!bool three}", 3, "a value that cannot be"),
        (f"schedule: {'[' * 1500}{']' * 1500}", 1, "too deep"),
    ],
)
def test_what_yaml_can_hold_and_no_campaign_can_is_a_fault_with_its_line(
    tmp_path: Path, given: str, line: int, says: str
) -> None:
    usual = next(row for row in CAMPAIGN.splitlines() if row.startswith("schedule:"))
    path = write(tmp_path, CAMPAIGN.replace(usual, given))
    with pytest.raises(FileFaults) as caught:
        load_campaign(path, load_items(SURVEYS / "items.yaml"))
    (fault,) = caught.value.faults
    assert (fault.file, fault.line) == (str(path), line)
    assert says in fault.message


def test_one_thing_may_stand_in_two_places_by_its_anchor(tmp_path: Path) -> None:
    text = CAMPAIGN.replace("name: {nl: Zorg, en: Care}", "name: &n {nl: Zorg, en: Care}")
    path = write(tmp_path, text.replace("name: {nl: Team A, en: Team A}", "name: *n"))
    tree = load_campaign(path, load_items(SURVEYS / "items.yaml")).tree
    assert tree.by_id["a"].name == tree.by_id["organisation"].name


NO_TIMES = ["10:00", "600", "36000.0", "'10:00+05:00'", "'10:00Z'", "'10'", "'24:00'", "'9:00'", "null"]


@pytest.mark.parametrize("told", NO_TIMES)
@pytest.mark.parametrize("field", ["schedule.opens", "schedule.send_at", "channels.posts_at"])
def test_a_time_is_text_in_quotes_without_a_zone(tmp_path: Path, told: str, field: str) -> None:
    path = write(tmp_path, with_a_time(field, told))
    with pytest.raises(FileFaults) as caught:
        load_campaign(path, load_items(SURVEYS / "items.yaml"))
    (fault,) = caught.value.faults
    assert (fault.line, fault.field) == (3, field)
    assert "with quotes round them" in fault.message


def test_a_time_is_the_one_that_the_file_says_and_stays_so_when_it_is_stored(tmp_path: Path) -> None:
    for told in ("'10:00'", '"10:00:00"'):
        path = write(tmp_path, with_a_time("schedule.send_at", told))
        campaign = load_campaign(path, load_items(SURVEYS / "items.yaml"))
        assert campaign.schedule.send_at == time(10, 0)
        assert Campaign.model_validate_json(campaign.model_dump_json()) == campaign


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    path = write(tmp_path, CAMPAIGN.replace("champions: [U1]", "champions: []").replace("waves: 3", "waves: 0"))
    with pytest.raises(FileFaults) as caught:
        load_campaign(path, load_items(SURVEYS / "items.yaml"))
    assert {fault.field for fault in caught.value.faults} == {"champions", "schedule.waves"}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"items: [", "not YAML"),
        (b"", "empty"),
        (b"items: \xff\xfe", "not UTF-8"),
        (b"- just\n- a list\n", "mapping"),
        (b"items:\n  - {id: Q1, measure: trust, polarity: more, scale: missing, text: {nl: a, en: b}}\n", "missing"),
        (
            b"items:\n  - {id: Q1, measure: joy, polarity: more, scale: [{nl: a, en: b}], text: {nl: a, en: b}}\n",
            "trust",
        ),
    ],
)
def test_a_broken_item_bank_is_one_clear_message_a_fault(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "items.yaml"
    path.write_bytes(content)
    with pytest.raises(FileFaults, match=says):
        load_items(path)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileFaults, match="No such file"):
        load_items(tmp_path / "none.yaml")


def test_a_node_without_a_channel_is_reached_through_the_node_above_it() -> None:
    campaign = load_campaign(Path("surveys/zorg.yaml"), load_items(Path("surveys/items.yaml")))
    named = campaign.model_copy(
        update={"channels": Channels(nodes={"organisation": "C0001", "administratie": "C0002"})}
    )
    assert named.channel_of("proeftuin") == "C0002"
    assert named.channel_of("thuiszorg") == "C0001"
    assert campaign.model_copy(update={"channels": Channels()}).channel_of("thuiszorg") is None
    with pytest.raises(ValueError, match="a channel is named for nergens"):
        Campaign.model_validate(campaign.model_dump() | {"channels": {"nodes": {"nergens": "C0001"}}})
