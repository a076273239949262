"""Showing Kafka our name and password once: its clients do not tell a wrong one from a broker that is away."""

from typing import Any, Final

from kafka.errors import KafkaError, for_code
from kafka.net.sasl import get_sasl_mechanism
from kafka.protocol.parser import KafkaProtocol
from kafka.protocol.sasl import SaslAuthenticateRequest, SaslHandshakeRequest

from services.runtime.causes.network import Timed
from services.runtime.settings import KafkaSettings, read_secret

_VERSION: Final = 1
"""Of both requests: every broker since Kafka 2.2 knows it."""

_BYTES: Final = 65_536


class _Exchange:
    """Requests one after the other on a connection that is open."""

    def __init__(self, connection: Timed) -> None:
        self._connection = connection
        self._protocol = KafkaProtocol()

    def answer(self, request: Any) -> Any:
        """What Kafka answers. Raises OSError where it ends the connection instead, and kafka-python's errors."""
        request.API_VERSION = _VERSION
        self._protocol.send_request(request)
        self._connection.send(self._protocol.send_bytes())
        while received := self._connection.receive(_BYTES):
            for _, response in self._protocol.receive_bytes(received):
                return response
        raise ConnectionResetError("the connection was ended without an answer")


def refusal(connection: Timed, settings: KafkaSettings) -> KafkaError | None:
    """What Kafka says against our mechanism, name and password; None when it lets us in.

    Raises OSError, ValueError and kafka-python's errors where it does not speak as Kafka does, and SettingsFault.
    """
    exchange, name = _Exchange(connection), settings.kafka_sasl_mechanism or ""
    if code := exchange.answer(SaslHandshakeRequest(mechanism=name)).error_code:
        return _of(code)
    mechanism = get_sasl_mechanism(name)(
        sasl_mechanism=name,
        sasl_plain_username=settings.kafka_username,
        sasl_plain_password=read_secret(settings.kafka_password_file, "kafka_password_file").get_secret_value(),
    )
    while not mechanism.is_done():
        answer = exchange.answer(SaslAuthenticateRequest(mechanism.auth_bytes()))
        if answer.error_code:
            return _of(answer.error_code)
        mechanism.receive(answer.auth_bytes)
    return None


def _of(code: int) -> KafkaError:
    error: KafkaError = for_code(code)()
    return error
