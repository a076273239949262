"""A broker that speaks Kafka's protocol (Tansu), in memory, on loopback. What it holds is lost when it ends."""

from sandbox.broker.running import running

__all__ = ["running"]
