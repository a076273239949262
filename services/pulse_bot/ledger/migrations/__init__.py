"""The ledger's tables as Alembic revisions. A landed revision is never changed; the next one takes the next number."""
