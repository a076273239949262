"""A look at a host ends, whatever is there."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from services.runtime.causes import network
from services.runtime.causes.kafka import look
from services.runtime.settings import KafkaSettings

ANSWER = (1_000).to_bytes(4, "big") + bytes(596)
"""The beginning of a thousand bytes, as Kafka sends them."""

PAUSE = 0.05


@contextmanager
def dripping() -> Iterator[tuple[int, list[bool]]]:
    """A port where an answer comes so slowly that each byte is in time and the whole is not.

    With it, once the block is over, whether all that there is of it was waited for.
    """
    waited: list[bool] = []

    def serve() -> None:
        connection, _ = listening.accept()
        with connection:
            connection.recv(65_536)
            connection.settimeout(PAUSE)
            for byte in ANSWER:
                connection.sendall(bytes([byte]))
                if _ended(connection):
                    waited.append(False)
                    return
            waited.append(True)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = threading.Thread(target=serve, daemon=True)
        serving.start()
        yield int(listening.getsockname()[1]), waited
        serving.join(60)


def _ended(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


def test_who_answers_byte_by_byte_is_not_waited_for_longer_than_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "SECONDS", 4 * PAUSE)
    password = tmp_path / "password"
    password.write_text("a-password")
    with dripping() as (port, waited):
        settings = KafkaSettings(
            kafka_bootstrap=f"127.0.0.1:{port}",
            kafka_security_protocol="SASL_PLAINTEXT",
            kafka_sasl_mechanism="PLAIN",
            kafka_username="ingest",
            kafka_password_file=password,
        )
        look(settings)
    assert waited == [False]
