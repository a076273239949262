"""Backup of the ledger: what a campaign cannot go on without; no key, no flag of who has answered, nobody who left."""
