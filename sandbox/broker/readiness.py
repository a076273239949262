"""Whether a broker answers."""

import socket

from sandbox.processes.readiness import Probe


def metadata_answers(bootstrap: str) -> Probe:
    """A probe: the broker answers a metadata request in Kafka's protocol, not only a connection."""
    from kafka import KafkaAdminClient  # noqa: PLC0415 - slow to load, and needed by none of the sandbox's processes
    from kafka.errors import RetriableError  # noqa: PLC0415

    host, _, port = bootstrap.rpartition(":")

    def probe() -> bool:
        try:
            # first a bare connection: kafka-python would warn in the log at every refused one
            socket.create_connection((host, int(port)), timeout=1.0).close()
            admin = KafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=2_000, bootstrap_timeout_ms=2_000)
        except (OSError, RetriableError):
            return False
        try:
            admin.list_topics()
        except RetriableError:
            return False
        finally:
            admin.close()
        return True

    return probe
