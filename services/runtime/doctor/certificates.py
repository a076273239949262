"""How long certificates are still good for."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from services.runtime.causes.network import SOON_DAYS, own_end
from services.runtime.doctor.findings import Finding, note, right, wrong


def good_for(whose: str, until: datetime | None) -> Iterable[Finding]:
    """Of the certificate that somebody showed us and that we accepted; nothing without encryption."""
    if until is None:
        return
    days = (until - datetime.now(UTC)).total_seconds() / 86_400
    told = f"that of {whose} is good until {until:%Y-%m-%d}, {days:.0f} days from now"
    if days < SOON_DAYS:
        yield note("certificate", told, "renew it now; after that day nothing here reaches it any more")
    else:
        yield right("certificate", told)


def ours(setting: str, path: Path | None) -> Iterable[Finding]:
    """Of the certificate that we show, in the file ``path``."""
    until = own_end(path) if path else None
    if until is None:
        return
    if until < datetime.now(UTC):
        yield wrong(
            "certificate",
            f"ours in {path} has expired on {until:%Y-%m-%d}",
            f"renew it, and put it in {path} ({setting}); it is read again with the next connection",
        )
    else:
        yield from good_for(f"ours in {path}", until)
