"""The Slack bot: asks, confirms only what Kafka has, and knows who answered but never what."""
