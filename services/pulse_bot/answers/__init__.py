"""The way of one answer through the bot: click, ledger, Kafka, and only then the confirmation."""
