"""The passwords of ClickHouse's users: files of secrets, of which ClickHouse is told the hash."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from clickhouse_connect.driver.client import Client

from services.ingest.migrating.cluster import render
from services.ingest.migrating.runner import keeps_users
from services.ingest.migrating.statements import split
from services.runtime.clickhouse import sql
from services.runtime.secret_files import CLICKHOUSE_ROLES, clickhouse_password, clickhouse_user
from services.runtime.settings import read_secret

SETTING = "clickhouse_passwords"


def read(folder: Path) -> dict[str, str]:
    """User -> hexadecimal SHA-256 of the password, of the files ``clickhouse-<role>-password`` in the folder.

    Raises SettingsFault for the first that is not there or empty.
    """
    return {
        clickhouse_user(role): sha256(
            read_secret(folder / clickhouse_password(role), SETTING).get_secret_value().encode()
        ).hexdigest()
        for role in CLICKHOUSE_ROLES
    }


def give(client: Client, hashes: dict[str, str], tell: Callable[[str], None], cluster: str | None = None) -> None:
    """Give each user its password and let it in from everywhere; harmless to repeat. ``tell`` hears of each user.

    Where users are kept in ClickHouse's files it does nothing and tells so. Raises ClickHouseError.
    """
    if not keeps_users(client):
        tell("users of this ClickHouse are kept in its files: give the passwords there")
        return
    statement = render(split(sql("services.ingest.migrating.sql", "give_password"))[0], cluster)
    for user, password_hash in hashes.items():
        client.command(statement, parameters={"user": user, "hash": password_hash})
        tell(f"{user} has its password")
