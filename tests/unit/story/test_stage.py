"""The stage: files that fit together, and a clock that starts before the first wave."""

from datetime import timedelta
from pathlib import Path

import pytest

from sandbox.clock import CampaignClock
from sandbox.demo import Demo
from sandbox.slack.directory import Directory
from sandbox.stack.state import StateFolder
from sandbox.story.organisation import build
from sandbox.story.plan import load_bank, zorg
from sandbox.story.simulation import simulation_of
from sandbox.story.stage import set_stage, start_clock
from sandbox.story.timeline import moments_of
from services.contracts.files import load_campaign


def test_the_stage_holds_the_same_people_campaign_and_roster(tmp_path: Path) -> None:
    organisation = build(zorg(), 1)
    stage = set_stage(organisation, tmp_path / "new")
    campaign = load_campaign(stage.campaign, load_bank())
    members = {line.split(",")[0] for line in stage.roster.read_text().splitlines()[1:]}
    assert campaign == zorg().campaign
    assert members <= set(Directory.read(stage.directory).user_by_id)


def test_campaign_time_starts_an_hour_before_the_first_wave_and_a_kept_clock_stays(tmp_path: Path) -> None:
    stage = set_stage(build(zorg(), 1), tmp_path)
    start_clock(stage, tmp_path / "workspace")
    opens = zorg().campaign.schedule.opens_at(1)
    clock = CampaignClock(tmp_path / "workspace")
    assert opens - timedelta(hours=1) <= clock.now() < opens - timedelta(minutes=59)
    clock.set(opens + timedelta(days=3))
    start_clock(stage, tmp_path / "workspace")
    assert CampaignClock(tmp_path / "workspace").now() >= opens + timedelta(days=3)


@pytest.mark.parametrize("killed_after", ["the files", "nothing"])
def test_a_kept_stage_is_set_again_where_it_does_not_stand_whole(tmp_path: Path, killed_after: str) -> None:
    state = StateFolder(tmp_path)
    if killed_after == "the files":
        set_stage(build(zorg(), 1), state.path)
        state.campaign_file.write_text("half a", encoding="utf-8")
    Demo(1, once=True, keep=True).prepare(state)
    assert load_campaign(state.campaign_file, load_bank()) == zorg().campaign
    clock = CampaignClock(state.workspace)
    assert clock.now() < zorg().campaign.schedule.opens_at(1)

    later = zorg().campaign.schedule.opens_at(2)
    clock.set(later)
    state.campaign_file.write_text("kept as it is", encoding="utf-8")
    Demo(1, once=True, keep=True).prepare(state)
    assert state.campaign_file.read_text(encoding="utf-8") == "kept as it is"
    assert CampaignClock(state.workspace).now() >= later


def test_a_wave_is_answered_over_several_days_in_order_and_announced_on_its_day() -> None:
    simulation = simulation_of(1)
    for number in range(1, 8):
        wave = simulation.wave(number)
        moments = moments_of(wave, simulation.events)
        times = [moment.at for moment in moments]
        schedule = simulation.organisation.plan.campaign.schedule
        assert times == sorted(set(times))
        assert schedule.opens_at(number) < times[0]
        assert times[-1] < schedule.closes_at(number)
        assert sorted(s.member for m in moments for s in m.sheets) == sorted(s.member for s in wave.sheets)
        before_reminder = sum(len(m.sheets) for m in moments if m.at < schedule.opens_at(number) + timedelta(days=3.5))
        assert 0.5 < before_reminder / len(wave.sheets) < 0.8
    announced = [e.id for n in range(1, 8) for m in moments_of(simulation.wave(n), simulation.events) for e in m.events]
    assert announced == ["kickoff", "tryout", "last-word", "training", "pilot", "buddy", "faster", "hours"]
