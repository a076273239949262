-- Tables of ours that hold rows; the one that remembers migrations does in every installation.
SELECT database || '.' || name, total_rows
FROM system.tables
WHERE database IN ('pulse_ballots', 'pulse_facts', 'pulse_release') AND name != 'schema_migrations' AND total_rows > 0
ORDER BY database, name
