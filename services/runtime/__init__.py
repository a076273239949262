"""How a service process lives: settings, clock, logs, health, tokens, connections to Kafka and ClickHouse."""
