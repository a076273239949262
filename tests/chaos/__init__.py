"""Faults around ingest on Apache Kafka and the real engine: each loses nothing and doubles nothing, and is counted."""
