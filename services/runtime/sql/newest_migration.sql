SELECT max(number) FROM pulse_facts.schema_migrations
