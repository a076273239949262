"""Running checks: all at once, each with a time limit and for itself, so that one dead service hides nothing else."""

import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from services.runtime.doctor.findings import Check, Finding, wrong
from services.runtime.settings import SettingsFault


@dataclass(frozen=True)
class Report:
    """What a check has found."""

    check: str
    findings: tuple[Finding, ...]


@dataclass
class _Running:
    check: Check
    found: list[Finding] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        try:
            for finding in self.check.run():
                self.found.append(finding)
        except SettingsFault as fault:  # told by the check of the settings, where there is one
            self.found.append(wrong(self.check.name, "this cannot be looked at with these settings", str(fault)))
        except Exception as error:  # its text may hold what nobody may read
            self.found.append(
                wrong(
                    self.check.name,
                    f"this could not be looked at ({type(error).__name__})",
                    "run the doctor again; where it stays, report this line",
                )
            )
        finally:
            self.done.set()


def run_all(checks: Iterable[Check]) -> tuple[Report, ...]:
    """The reports in the order of the checks. A check that is silent for too long is told to be, and left behind."""
    runs: Sequence[_Running] = [_Running(check) for check in checks]
    began = time.monotonic()
    for run in runs:
        threading.Thread(target=run.run, name=f"check {run.check.name}", daemon=True).start()
    reports = []
    for run in runs:
        in_time = run.done.wait(max(0.0, began + run.check.seconds - time.monotonic()))
        found = tuple(run.found)
        if not in_time:
            late = f"no answer within {run.check.seconds:.0f} s"
            found += (wrong(run.check.name, late, "see whether it runs, and whether it can be reached from here"),)
        reports.append(Report(run.check.name, found))
    return tuple(reports)
