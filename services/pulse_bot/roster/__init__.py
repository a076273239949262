"""Who belongs where: from a CSV, user groups or channels, joined with what Slack knows, kept in the ledger."""
