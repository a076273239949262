"""Where a ledger can be: checked before anything is opened."""

from sqlalchemy import URL
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from services.runtime.settings import SettingsFault


def checked(address: str) -> URL:
    """The address for SQLAlchemy, with the driver that is installed. Raises SettingsFault for one of no use."""
    try:
        url = make_url(address)
    except ArgumentError:
        raise SettingsFault(
            "DRAAGVLAK_LEDGER_URL: is not a SQLAlchemy address such as sqlite:////var/x.sqlite"
        ) from None
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise SettingsFault(f"DRAAGVLAK_LEDGER_URL: {url.get_backend_name()} is neither sqlite nor postgresql")
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername not in ("sqlite", "sqlite+pysqlite", "postgresql+psycopg"):
        raise SettingsFault(
            f"DRAAGVLAK_LEDGER_URL: the driver of {url.drivername} is not installed; write sqlite: or postgresql:"
        )
    if url.get_backend_name() == "sqlite" and (not url.database or url.database == ":memory:"):
        raise SettingsFault("DRAAGVLAK_LEDGER_URL: the ledger needs a file, not a database in memory")
    if url.get_backend_name() == "sqlite" and str(url.database).startswith("file:"):
        raise SettingsFault("DRAAGVLAK_LEDGER_URL: the ledger needs the path of a file, without file: before it")
    return url
