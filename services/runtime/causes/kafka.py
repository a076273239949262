"""Why Kafka does not do what it is asked: told by its errors or, where it only stays away, by a look at each node."""

from concurrent.futures import ThreadPoolExecutor
from typing import Final

from kafka.errors import (
    AuthorizationError,
    GroupAuthorizationFailedError,
    KafkaError,
    SaslAuthenticationFailedError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
    UnsupportedSaslMechanismError,
)

from services.runtime.causes import Cause
from services.runtime.causes.network import Peer, Timed, Tls, reach, speaks_tls
from services.runtime.causes.sasl import refusal
from services.runtime.settings import KafkaSettings, SettingsFault

TOPICS_APPLY: Final = "draagvlak topics apply"
_BOOTSTRAP: Final = "DRAAGVLAK_KAFKA_BOOTSTRAP"


def tls_of(settings: KafkaSettings) -> Tls | None:
    """How certificates are shown and checked; None without encryption."""
    if not settings.kafka_with_tls:
        return None
    return Tls(settings.kafka_ca_file, "DRAAGVLAK_KAFKA_CA_FILE", settings.kafka_cert_file, settings.kafka_key_file)


def places(settings: KafkaSettings) -> tuple[tuple[str, int], ...]:
    """Host and port of every node that the settings name."""
    split = (place.rpartition(":") for place in settings.kafka_bootstrap.split(","))
    return tuple((host.strip("[]"), int(port)) for host, _, port in split)


def who(settings: KafkaSettings) -> str:
    """How Kafka calls us, as its rules name us."""
    if settings.kafka_username and settings.kafka_with_password:
        return f"User:{settings.kafka_username}"
    return "User:CN=… (the subject of our certificate)" if settings.kafka_cert_file else "User:ANONYMOUS"


def missing(topic: str) -> Cause:
    """A topic that is not there."""
    return Cause(f"the topic {topic} is missing", f"run `{TOPICS_APPLY}`")


def denied(settings: KafkaSettings, operation: str, resource: str) -> Cause:
    """A rule that is lacking; ``resource`` as the tool names it, such as ``--topic pulse.answers.v1``."""
    rule = f'--add --allow-principal "{who(settings)}" --operation {operation} {resource}'
    return Cause(
        f"{who(settings)} may not {operation} {resource.removeprefix('--')} in Kafka",
        f"kafka-acls.sh --bootstrap-server {settings.kafka_bootstrap} {rule} (with Strimzi: the KafkaUser's acls)",
    )


def look(settings: KafkaSettings) -> Cause | None:
    """Connect once to every node that the settings name, and show our name; None when one of them lets us in.

    Takes some seconds where nodes are silent.
    """
    every = places(settings)
    with ThreadPoolExecutor(len(every), thread_name_prefix="look") as pool:
        found = list(pool.map(lambda place: node(settings, *place), every))
    causes = [one for one in found if isinstance(one, Cause)]
    if len(causes) < len(found):
        return None
    return next((cause for cause in causes if cause.lasting), causes[0])


def node(settings: KafkaSettings, host: str, port: int) -> Peer | Cause:
    """The same with one node."""
    return reach(
        "Kafka", host, port, tls_of(settings), host_setting=_BOOTSTRAP, then=lambda there: _let_in(settings, there)
    )


def why(settings: KafkaSettings, error: BaseException) -> Cause:
    """The cause of an error of kafka-python. Connects where the error alone does not tell; may take some seconds."""
    return told(settings, error) or look(settings) or _not_understood(settings)


def _let_in(settings: KafkaSettings, connection: Timed) -> Cause | None:
    if not settings.kafka_with_password:
        return None
    try:
        refused = refusal(connection, settings)
    except (KafkaError, OSError, ValueError, SettingsFault):  # what does not speak Kafka there is told by `why`
        return None
    return None if refused is None else told(settings, refused)


def told(settings: KafkaSettings, error: BaseException) -> Cause | None:
    """The cause where the error tells it by itself; connects to nothing."""
    place, found = f"Kafka at {settings.kafka_bootstrap}", None
    if isinstance(error, SettingsFault):  # a file that was right at the start, and is not now
        found = Cause(str(error), "mend the file; it is read again with each attempt")
    elif isinstance(error, SaslAuthenticationFailedError):
        found = Cause(
            f"{place} does not know {settings.kafka_username} with this password",
            f"put the right one in {settings.kafka_password_file} (DRAAGVLAK_KAFKA_PASSWORD_FILE), or make the user "
            f"in Kafka for {settings.kafka_sasl_mechanism}",
        )
    elif isinstance(error, UnsupportedSaslMechanismError):
        found = Cause(
            f"{place} does not take {settings.kafka_sasl_mechanism}",
            "set DRAAGVLAK_KAFKA_SASL_MECHANISM to one that this listener has (sasl.enabled.mechanisms)",
        )
    elif isinstance(error, TopicAuthorizationFailedError):
        found = denied(settings, "Read, Write or Describe", f"--topic {_named(error)}")
    elif isinstance(error, GroupAuthorizationFailedError):
        found = denied(settings, "Read", f"--group {_named(error)}")
    elif isinstance(error, AuthorizationError):
        found = Cause(
            f"{who(settings)} may not do this in Kafka ({type(error).__name__})",
            "`draagvlak doctor` says which rule is lacking",
        )
    elif isinstance(error, UnknownTopicOrPartitionError):
        found = missing(_named(error))
    return found


def _named(error: KafkaError) -> str:
    """The names of ours in an error, which is a text or a set."""
    text = str(error)
    ours = sorted({word for word in text.replace("'", " ").replace(",", " ").split() if word.startswith("pulse")})
    return " ".join(word.strip("{}[]()") for word in ours) or "of ours"


def _not_understood(settings: KafkaSettings) -> Cause:
    """A node is there, and does not speak with us."""
    place = f"Kafka at {settings.kafka_bootstrap}"
    if tls_of(settings) is None and any(speaks_tls(host, port) for host, port in places(settings)):
        return Cause(
            f"{place} wants TLS, and DRAAGVLAK_KAFKA_SECURITY_PROTOCOL is {settings.kafka_security_protocol}",
            "set it to SSL or SASL_SSL, with DRAAGVLAK_KAFKA_CA_FILE",
        )
    return Cause(
        f"{place} is there and does not answer as {settings.kafka_security_protocol}"
        f"{f' with {settings.kafka_sasl_mechanism}' if settings.kafka_with_password else ''}",
        "see whether DRAAGVLAK_KAFKA_SECURITY_PROTOCOL and DRAAGVLAK_KAFKA_SASL_MECHANISM are those of that port, and "
        "whether every node that it advertises can be reached from here",
        lasting=False,
    )
