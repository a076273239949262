"""What keeps a service from ClickHouse is named with its mend, in its log and to who asks for readiness."""

import socket
import ssl
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import Final

import clickhouse_connect
import pytest

from sandbox import store as stores
from sandbox.stack.secret_files import GRANTS, Role
from services.ingest.commands.dead_letters import dead_letters
from services.ingest.commands.retention import retention
from services.ingest.migrating import runner
from services.ingest.migrating.plan import Migration, packaged
from services.runtime.clickhouse import MIGRATION
from tests.certificates import Authority
from tests.integration.bad_input.unusable import (
    LASTING,
    ROLES,
    WRONG,
    Service,
    There,
    command,
    ending,
    named_once,
    started,
)
from tests.integration.ingest.platform import platform, wait_until

pytestmark = pytest.mark.needs("openssl")

OF_CLICKHOUSE: Final = {
    "ingest": "ClickHouse",
    "metrics": "ClickHouse",
    "release": "what the watch needs",
}
"""Who needs it, and by which name it tells so."""

CLICKHOUSE_PASSWORD: Final = "DRAAGVLAK_CLICKHOUSE_PASSWORD_FILE"


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[There]:
    folder = tmp_path_factory.mktemp("bad-input")
    with platform(folder) as built:
        yield There(built, folder)


@contextmanager
def store_of(there: There, folder: str, migrations: Sequence[Migration]) -> Iterator[stores.StoreAddress]:
    """A store whose tables are those of these migrations."""
    users = {str(role): GRANTS[role] for role in Role if role is not Role.ADMIN}
    with stores.running(there.folder / folder, users) as store:
        with clickhouse_connect.get_client(**store.connect()) as client:
            runner.apply(client, runner.plan(client, migrations), lambda _: None)
        yield store


@contextmanager
def tls_alone(certificate: Path) -> Iterator[int]:
    """A port where TLS is spoken with this certificate and its key, and nothing behind it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def serve(listening: socket.socket) -> None:
        with suppress(OSError):  # it is closed at the end
            while True:
                connection, _ = listening.accept()
                with connection, suppress(OSError):
                    context.wrap_socket(connection, server_side=True).close()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=serve, args=(listening,), daemon=True).start()
        yield int(listening.getsockname()[1])
        listening.shutdown(socket.SHUT_RDWR)


@dataclass(frozen=True)
class WithoutClickHouse:
    """Services that cannot use it, by what is wrong: they start side by side, since most of a start is waiting.

    With the older store, and the port of the expired certificate. The last test that looks at some ends them.
    """

    older: There
    port: int
    passwords: Mapping[str, str]
    services: Mapping[str, tuple[Service, ...]]


@pytest.fixture(scope="module")
def without_clickhouse(there: There, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WithoutClickHouse]:
    authority = Authority(there.folder)
    passwords = {name: there.secret(f"wrong-{name}", WRONG) for name in OF_CLICKHOUSE}
    with (
        tls_alone(authority.issued_with_key("expired", timedelta(days=-2))) as port,
        store_of(there, "older", packaged()[:-1]) as store,
    ):
        folder = tmp_path_factory.mktemp("older")
        older = replace(there, platform=replace(there.platform, store=store, folder=folder), folder=folder)
        expired = {
            "DRAAGVLAK_CLICKHOUSE_PORT": str(port),
            "DRAAGVLAK_CLICKHOUSE_SECURE": "true",
            "DRAAGVLAK_CLICKHOUSE_CA_FILE": str(authority.certificate),
        }
        services = {
            "wrong": tuple(started(there, name, **{CLICKHOUSE_PASSWORD: passwords[name]}) for name in OF_CLICKHOUSE),
            "older": tuple(started(older, name) for name in OF_CLICKHOUSE),
            "expired": tuple(started(there, name, **expired) for name in OF_CLICKHOUSE),
        }
        with ending(*chain.from_iterable(services.values())):
            yield WithoutClickHouse(older, port, passwords, services)


def test_a_wrong_password_of_clickhouse_and_services_that_go_on_when_the_file_is_right(
    there: There, without_clickhouse: WithoutClickHouse
) -> None:
    passwords = without_clickhouse.passwords
    with ending(*without_clickhouse.services["wrong"]) as services:
        for service in services:
            told = service.tells(f"does not let {ROLES[service.name]} in (code 516)")
            assert f"put the right password in {passwords[service.name]}" in told
            assert LASTING in told
            named_once(service, told)
        given = {CLICKHOUSE_PASSWORD: passwords["ingest"]}
        assert "does not let retention in" in command(there, retention, Role.RETENTION, **given)
        for service in services:
            there.secret(f"wrong-{service.name}", there.platform.store.passwords[ROLES[service.name]])
        for service in services:
            wait_until(lambda service=service: service.health("ready") == (200, "ok"), f"{service.name} is ready")  # type: ignore[misc]
            service.says(f"{OF_CLICKHOUSE[service.name]} can be used again")


def test_tables_of_an_older_version(without_clickhouse: WithoutClickHouse) -> None:
    before, newest = packaged()[-2:]
    older = f"the tables are those of migration {before.number}, and this software needs {MIGRATION}: run"
    lacking = f"the tables lack {newest.name} and 0 more: run"
    said = {"ingest": lacking, "metrics": older, "release": older}
    with ending(*without_clickhouse.services["older"]) as services:
        for service in services:
            told = service.tells(said[service.name])
            assert "run `draagvlak migrate apply`" in told
            assert LASTING in told
            named_once(service, told)
    for what, role, words in ((retention, Role.RETENTION, ()), (dead_letters, Role.DEAD_LETTERS, ("list",))):
        assert f"{lacking} `draagvlak migrate apply`" in command(without_clickhouse.older, what, role, *words)


def test_an_expired_certificate_of_clickhouse(without_clickhouse: WithoutClickHouse) -> None:
    with ending(*without_clickhouse.services["expired"]) as services:
        for service in services:
            told = service.tells(
                f"the certificate of ClickHouse at 127.0.0.1:{without_clickhouse.port} has expired: renew it there"
            )
            assert "DRAAGVLAK_CLICKHOUSE_CA_FILE" in told
            assert LASTING in told
            named_once(service, told)
