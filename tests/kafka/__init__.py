"""Apache Kafka itself for the tests: jars by Maven, one broker or three, on loopback; and a fake in memory."""

from tests.kafka.cluster import Cluster, running

__all__ = ["Cluster", "running"]
