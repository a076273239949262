SELECT count() FROM system.tables WHERE database = 'pulse_facts' AND name = 'schema_migrations'
