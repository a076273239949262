-- Three databases, so that roles can be granted by database (services/ingest/migrations/README.md).
CREATE DATABASE IF NOT EXISTS pulse_ballots ENGINE = Atomic;
CREATE DATABASE IF NOT EXISTS pulse_facts ENGINE = Atomic;
CREATE DATABASE IF NOT EXISTS pulse_release ENGINE = Atomic;
