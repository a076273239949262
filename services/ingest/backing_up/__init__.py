"""Backup of ClickHouse: what was released and the facts around it; never a ballot, a comment or a dead letter."""
