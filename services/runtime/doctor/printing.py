"""Telling what was found: a table for people, one JSON object for programs."""

import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from services.runtime.doctor.findings import Finding, Status
from services.runtime.doctor.running import Report

_WIDE = 160
_MARKS = {Status.RIGHT: ("ok", "green"), Status.NOTE: ("note", "yellow"), Status.WRONG: ("WRONG", "bold red")}


def table(reports: tuple[Report, ...]) -> Table:
    """A row for each finding; the mend is beneath what is wrong."""
    rows = Table(show_lines=False, header_style="bold", pad_edge=False)
    rows.add_column("check", no_wrap=True)
    rows.add_column("")
    rows.add_column("what was found, and how it is mended", overflow="fold")
    for report in reports:
        for position, finding in enumerate(report.findings):
            mark, colour = _MARKS[finding.status]
            rows.add_row(Text(report.check if not position else ""), Text(mark, style=colour), _told(finding))
    return rows


def _told(finding: Finding) -> Text:
    named = finding.detail.startswith(finding.subject)
    told = Text(finding.detail if named else f"{finding.subject}: {finding.detail}")
    if finding.mend:
        told.append(f"\n→ {finding.mend}", style="bold")
    return told


def summary(reports: tuple[Report, ...]) -> str:
    """One sentence."""
    wrong = sum(finding.status is Status.WRONG for report in reports for finding in report.findings)
    looked = sum(len(report.findings) for report in reports)
    if not wrong:
        return f"All is well: {looked} things looked at."
    return f"{wrong} of {looked} things are wrong. Mend them from the top: some may be the cause of others."


def show(reports: tuple[Report, ...]) -> None:
    """Print the table and the sentence; wide where nobody's terminal is narrow, so that commands stay in one piece."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_WIDE)
    console.print(table(reports))
    console.print(summary(reports), markup=False, soft_wrap=True)


def as_json(reports: tuple[Report, ...], workloads: tuple[str, ...]) -> bytes:
    """``healthy``, ``workloads`` and ``findings``, each with its check, subject, status, detail and mend."""
    findings = [{"check": report.check, **_fields(finding)} for report in reports for finding in report.findings]
    healthy = all(finding["status"] != Status.WRONG.value for finding in findings)
    return orjson.dumps({"healthy": healthy, "workloads": workloads, "findings": findings}, option=orjson.OPT_INDENT_2)


def _fields(finding: Finding) -> dict[str, str]:
    return {
        "subject": finding.subject,
        "status": finding.status.value,
        "detail": finding.detail,
        "mend": finding.mend,
    }
