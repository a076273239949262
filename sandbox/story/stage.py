"""What the processes of the sandbox need before a story can be played: people, roster, campaign, and a clock."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson

from sandbox.story.exports import write_campaign, write_directory, write_roster
from sandbox.story.organisation import Organisation

BEFORE_OPENING = timedelta(hours=1)


@dataclass(frozen=True)
class Stage:
    """The files of a stage: the workspace's directory, the bot's roster and campaign; campaign time at the start."""

    directory: Path
    roster: Path
    campaign: Path
    starts_at: datetime


def set_stage(organisation: Organisation, folder: Path) -> Stage:
    """Write the files into ``folder`` (made when it is not there). The same organisation gives the same files."""
    folder.mkdir(parents=True, exist_ok=True)
    campaign = organisation.plan.campaign
    stage = Stage(
        directory=folder / "directory.yaml",
        roster=folder / "roster.csv",
        campaign=folder / "campaign.yaml",
        starts_at=campaign.schedule.opens_at(1).astimezone(UTC) - BEFORE_OPENING,
    )
    write_directory(organisation, stage.directory)
    write_roster(organisation, stage.roster)
    write_campaign(campaign, stage.campaign)
    return stage


def start_clock(stage: Stage, workspace_state: Path) -> None:
    """Let the campaign clock of a fresh workspace start an hour before the first wave opens.

    Campaign time never goes backwards, so this is done before the workspace starts, in its state folder; a clock that
    is there already is left alone. The story then has the same dates, week days and holidays whenever it is played.
    """
    kept = _clock(workspace_state)
    if kept.exists():
        return
    workspace_state.mkdir(parents=True, exist_ok=True)
    offset = stage.starts_at - datetime.now(UTC)
    kept.write_bytes(orjson.dumps({"offset_seconds": offset.total_seconds(), "reached": stage.starts_at.isoformat()}))


def is_set(workspace_state: Path) -> bool:
    """Whether a stage stands whole: its clock is made after its files."""
    return _clock(workspace_state).exists()


def _clock(workspace_state: Path) -> Path:
    return workspace_state / "clock.json"
