"""Of which campaign something is that a button, a modal or a post stands for."""

from sqlalchemy import Connection, select

from services.contracts.campaign import Campaign
from services.pulse_bot.announcements import book, concerns
from services.pulse_bot.ledger import campaigns, waves
from services.pulse_bot.ledger.models import WaveRow


def named(connection: Connection, about: str) -> Campaign | None:
    """The campaign with this id, or of the wave with it; None for anything else."""
    campaign_id = connection.execute(select(WaveRow.campaign_id).where(WaveRow.id == about)).scalar_one_or_none()
    found = waves.campaign(connection, campaign_id or about)
    return found.campaign if found else None


def of_id(connection: Connection, campaign_id: str | None) -> Campaign | None:
    """The campaign with this id; the leading one for what came before any was planned, or what nobody knows."""
    found = waves.campaign(connection, campaign_id) if campaign_id else None
    return found.campaign if found else campaigns.leading(connection)


def of_announcement(connection: Connection, announcement_id: str) -> Campaign | None:
    """The campaign whose champions decide on an announcement."""
    found = book.find(connection, announcement_id)
    return of_id(connection, found.campaign_id if found else None)


def of_concern(connection: Connection, concern_id: str) -> Campaign | None:
    """The campaign whose people answer a concern."""
    found = concerns.find(connection, concern_id)
    return of_id(connection, found.campaign_id if found else None)


def of_subject(connection: Connection, subject: str) -> Campaign | None:
    """The campaign in whose name a post is made: ``results:WAVE:NODE``, ``digest:CAMPAIGN:DAY`` and the like."""
    kind, _, about = subject.partition(":")
    if kind == "announcement":
        return of_announcement(connection, about)
    if kind in ("concern", "answer"):
        return of_concern(connection, about)
    return named(connection, about.partition(":")[0]) or campaigns.leading(connection)
