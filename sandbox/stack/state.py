"""The state folder of a sandbox: one run at a time, fresh or kept, with a note of how the last run ended."""

import fcntl
import os
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final

import psutil
from pydantic import BaseModel, ConfigDict, ValidationError

MINIMUM_FREE_BYTES: Final = 500 * 1024 * 1024
_ENDING_SECONDS: Final = 30.0
"""How long the processes of a run that was killed may take to end: they hold the lock until then."""


class StateFault(RuntimeError):
    """The state folder cannot be used; one sentence with the mend."""


class Run(BaseModel):
    """What the folder tells of the run that has it or had it last. Times are wall time, UTC."""

    model_config = ConfigDict(frozen=True)

    pid: int
    process_started: float
    started_at: datetime
    ended_clean: bool = False

    def is_alive(self) -> bool:
        """Whether the process that wrote this still runs."""
        try:
            return abs(psutil.Process(self.pid).create_time() - self.process_started) < 1.0
        except psutil.NoSuchProcess:
            return False


class StateFolder:
    """The folder and what has its place in it. ``take`` makes it ours; nobody else can have it until ``release``."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self._lock: IO[str] | None = None

    @property
    def logs(self) -> Path:
        """The folder of the processes' logs."""
        return self.path / "logs"

    @property
    def secrets(self) -> Path:
        """The folder of passwords, keys and tokens."""
        return self.path / "secrets"

    @property
    def store(self) -> Path:
        """The folder of the store's data."""
        return self.path / "store"

    @property
    def workspace(self) -> Path:
        """The folder of the emulated workspace."""
        return self.path / "workspace"

    @property
    def directory_file(self) -> Path:
        """The people and channels of the emulated workspace."""
        return self.path / "directory.yaml"

    @property
    def roster_file(self) -> Path:
        """Who is in which team."""
        return self.path / "roster.csv"

    @property
    def campaign_file(self) -> Path:
        """The campaign."""
        return self.path / "campaign.yaml"

    @property
    def lock_handle(self) -> int:
        """The file descriptor of the lock: a process that inherits it keeps the folder from the next run."""
        if self._lock is None:
            raise RuntimeError("the state folder is not taken")
        return self._lock.fileno()

    def take(self, *, keep: bool) -> Run | None:
        """Make the folder ours, emptied unless ``keep``. Gives the run whose state was kept. Raises StateFault."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._require_ours()
            self._lock = (self.path / "lock").open("a+", encoding="utf-8")
            self._require_lock()
            free = shutil.disk_usage(self.path).free
        except OSError as error:
            raise StateFault(
                f"{self.path} cannot be used ({error.strerror}): set DRAAGVLAK_STATE to a folder that can be written."
            ) from None
        if free < MINIMUM_FREE_BYTES:
            raise StateFault(
                f"The disk of {self.path} has {free >> 20} MB free, the sandbox needs {MINIMUM_FREE_BYTES >> 20} MB: "
                "free some space, or set DRAAGVLAK_STATE to a folder on another disk."
            )
        previous = self._read_run()
        if not keep:
            self._empty()
        process = psutil.Process()
        self._write_run(Run(pid=process.pid, process_started=process.create_time(), started_at=datetime.now(UTC)))
        return previous if keep else None

    def note_clean_end(self) -> None:
        """Note that every process of this run ended in order."""
        run = self._read_run()
        if run is not None:
            self._write_run(run.model_copy(update={"ended_clean": True}))

    def release(self) -> None:
        """Give the folder back."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _require_ours(self) -> None:
        """A folder with other people's files is never emptied."""
        if any(self.path.iterdir()) and not (self.path / "lock").exists():
            raise StateFault(
                f"{self.path} holds files that are not the sandbox's: set DRAAGVLAK_STATE to a folder of its own."
            )

    def _require_lock(self) -> None:
        give_up = time.monotonic() + _ENDING_SECONDS
        while not self._try_lock():
            run = self._read_run()
            if run is not None and run.is_alive():
                raise StateFault(
                    f"A sandbox already runs on {self.path} (process {run.pid}, since "
                    f"{run.started_at:%H:%M:%S} UTC): stop it first, or set DRAAGVLAK_STATE to another folder."
                )
            if time.monotonic() > give_up:
                raise StateFault(
                    f"Processes of an earlier sandbox on {self.path} have not ended in {_ENDING_SECONDS:.0f} seconds: "
                    "end them, or set DRAAGVLAK_STATE to another folder."
                )
            time.sleep(0.1)

    def _try_lock(self) -> bool:
        try:
            fcntl.flock(self.lock_handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _empty(self) -> None:
        for entry in self.path.iterdir():
            if entry.name == "lock":
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()

    def _read_run(self) -> Run | None:
        try:
            return Run.model_validate_json((self.path / "run.json").read_bytes())
        except (FileNotFoundError, ValidationError):
            return None

    def _write_run(self, run: Run) -> None:
        draft = self.path / "run.json.new"
        with draft.open("w", encoding="utf-8") as file:
            file.write(run.model_dump_json(indent=2))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.path / "run.json")
