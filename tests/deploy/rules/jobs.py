"""What runs once or every night."""

from zoneinfo import available_timezones

from tests.deploy.manifests import Manifests

DESKS = ("dead-letters", "import")
"""Pods in which an operator works for an hour."""


def jobs(manifests: Manifests) -> list[str]:
    """A night job knows its time zone, never overlaps and is made up for; every job ends, and is tried again."""
    faults = []
    for cron in manifests.of("CronJob"):
        name, spec = cron["metadata"]["name"], cron["spec"]
        if spec.get("timeZone") not in available_timezones():
            faults.append(f"{name}: no time zone")
        if spec.get("concurrencyPolicy") != "Forbid":
            faults.append(f"{name}: two may run at a time")
        if spec.get("startingDeadlineSeconds", 0) < 3600:
            faults.append(f"{name}: a night that was missed is not made up for")
        faults += _ends(name, spec["jobTemplate"]["spec"])
        if (name.startswith("restore-") or name in DESKS) is not spec.get("suspend", False):
            faults.append(f"{name}: a restore and a desk never run by themselves, and everything else does")
    faults += _order(manifests)
    for job in manifests.of("Job"):
        faults += _ends(job["metadata"]["name"], job["spec"])
        if "ttlSecondsAfterFinished" not in job["spec"]:
            faults.append(f"{job['metadata']['name']}: stays for ever, and stands in the way of the next one")
    return faults


def _order(manifests: Manifests) -> list[str]:
    """Backups come before retention, which deletes what only they would still have."""
    at = {cron["metadata"]["name"]: _minute(cron["spec"]["schedule"]) for cron in manifests.of("CronJob")}
    nightly = [name for name in at if name.startswith("backup-")]
    return [f"{name}: comes after retention" for name in nightly if at[name] >= at["retention"]]


def _minute(schedule: str) -> int:
    minute, hour, *_ = schedule.split()
    return int(hour) * 60 + int(minute)


def _ends(name: str, spec: dict[str, object]) -> list[str]:
    faults = [f"{name}: no {key}" for key in ("activeDeadlineSeconds", "backoffLimit") if key not in spec]
    template: dict[str, dict[str, object]] = spec["template"]  # type: ignore[assignment]
    if template["spec"].get("restartPolicy") != "Never":
        faults.append(f"{name}: is restarted in place, and its log is lost")
    return faults
