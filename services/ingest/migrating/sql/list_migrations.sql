SELECT number, name, checksum, applied_at FROM pulse_facts.schema_migrations FINAL ORDER BY number
