"""The record of the contract as a table for docs/workspace.md: what each workspace answers, and why it differs."""

from __future__ import annotations

from typing import Final

from tests.contract.web_api.cases import CASES, NOT_A_METHOD
from tests.contract.web_api.differences import EMULATE, OURS, Difference

BEGIN: Final = "<!-- contract: made by tests/contract/web_api, do not edit by hand -->"
END: Final = "<!-- end of contract -->"


def table() -> str:
    """Rows in the order of the cases; ``=`` stands for what Slack's documentation says."""
    lines = [
        "| method | case | Slack | ours | `emulate` | why it differs |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for case in CASES:
        differing = (("Ours", OURS.get(case.id)), ("`emulate`", EMULATE.get(case.id)))
        why = " ".join(f"{whose}: {_inside(known.why)}" for whose, known in differing if known is not None)
        ours, theirs = _said(OURS.get(case.id)), _said(EMULATE.get(case.id))
        lines.append(f"| `{case.method}` | {case.name} | `{case.says}` | {ours} | {theirs} | {why} |")
    same = {name: sum(case.id not in known for case in CASES) for name, known in (("ours", OURS), ("theirs", EMULATE))}
    summary = (
        f"{len(CASES)} calls: ours answers {same['ours']} of them as Slack documents, "
        f"`emulate` 0.12.2 {same['theirs']}. `=`: as documented."
    )
    return "\n".join([summary, "", *lines])


def placed(text: str) -> str:
    """The document with the table of now in its place. ValueError when the place is not marked."""
    head, _, rest = text.partition(BEGIN)
    _, found, tail = rest.partition(END)
    if not found:
        raise ValueError(f"the document has no {BEGIN} … {END}")
    return f"{head}{BEGIN}\n{table()}\n{END}{tail}"


def _inside(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]


def _said(difference: Difference | None) -> str:
    if difference is None:
        return "="
    return "no such method" if difference.gives == NOT_A_METHOD else f"`{difference.gives}`"
