"""The broker's settings."""

from services.runtime.settings import RuntimeSettings


class BrokerSettings(RuntimeSettings):
    """Where the broker listens."""

    broker_port: int = 8605
