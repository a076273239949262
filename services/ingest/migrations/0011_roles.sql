-- needs: access management
-- Who may do what, by database (README.md of this folder). The metrics API can read no ballot, whatever its queries ask.
-- Where users are kept in ClickHouse's files, as in the sandbox, these rights are given there and this file does nothing.
CREATE ROLE IF NOT EXISTS pulse_ingest;
GRANT INSERT ON pulse_ballots.* TO pulse_ingest;
GRANT SHOW, SELECT ON pulse_ballots.invited TO pulse_ingest;
GRANT SHOW, SELECT, INSERT ON pulse_facts.* TO pulse_ingest;
GRANT SHOW, SELECT ON pulse_release.* TO pulse_ingest;

CREATE ROLE IF NOT EXISTS pulse_import;
GRANT SHOW, SELECT ON pulse_ballots.* TO pulse_import;
GRANT SHOW, SELECT ON pulse_facts.* TO pulse_import;

CREATE ROLE IF NOT EXISTS pulse_releasing;
GRANT SHOW, SELECT, INSERT, ALTER DELETE ON pulse_ballots.* TO pulse_releasing;
GRANT SHOW, SELECT ON pulse_facts.* TO pulse_releasing;
GRANT SHOW, SELECT, INSERT ON pulse_release.* TO pulse_releasing;

CREATE ROLE IF NOT EXISTS pulse_metrics;
GRANT SHOW, SELECT ON pulse_facts.* TO pulse_metrics;
GRANT SHOW, SELECT ON pulse_release.* TO pulse_metrics;

CREATE ROLE IF NOT EXISTS pulse_retention;
GRANT SHOW, SELECT, INSERT, ALTER UPDATE, ALTER DELETE, OPTIMIZE ON pulse_ballots.* TO pulse_retention;
GRANT SHOW, SELECT ON pulse_facts.* TO pulse_retention;
GRANT SHOW, SELECT ON pulse_release.* TO pulse_retention;

-- Who writes dead letters back reads them and marks what was replayed, and reads no answer and no comment.
CREATE ROLE IF NOT EXISTS pulse_dead_letters;
GRANT SHOW, SELECT ON pulse_ballots.dead_letters TO pulse_dead_letters;
GRANT SHOW, SELECT, INSERT ON pulse_ballots.replayed_letters TO pulse_dead_letters;
GRANT SHOW, SELECT ON pulse_ballots.wave_rewrites TO pulse_dead_letters;
GRANT SHOW, SELECT ON pulse_facts.* TO pulse_dead_letters;
GRANT SHOW, SELECT ON pulse_release.* TO pulse_dead_letters;

-- A user for each. The password is nobody's and no host is let in, until an operator gives both:
-- ALTER USER draagvlak_metrics IDENTIFIED WITH sha256_password BY '…' HOST ANY
CREATE USER IF NOT EXISTS draagvlak_ingest IDENTIFIED WITH sha256_hash BY '0000000000000000000000000000000000000000000000000000000000000000' HOST NONE DEFAULT ROLE pulse_ingest;
CREATE USER IF NOT EXISTS draagvlak_import IDENTIFIED WITH sha256_hash BY '0000000000000000000000000000000000000000000000000000000000000000' HOST NONE DEFAULT ROLE pulse_import;
CREATE USER IF NOT EXISTS draagvlak_release IDENTIFIED WITH sha256_hash BY '0000000000000000000000000000000000000000000000000000000000000000' HOST NONE DEFAULT ROLE pulse_releasing;
CREATE USER IF NOT EXISTS draagvlak_metrics IDENTIFIED WITH sha256_hash BY '0000000000000000000000000000000000000000000000000000000000000000' HOST NONE DEFAULT ROLE pulse_metrics;
CREATE USER IF NOT EXISTS draagvlak_retention IDENTIFIED WITH sha256_hash BY '0000000000000000000000000000000000000000000000000000000000000000' HOST NONE DEFAULT ROLE pulse_retention;
CREATE USER IF NOT EXISTS draagvlak_dead_letters IDENTIFIED WITH sha256_hash BY '0000000000000000000000000000000000000000000000000000000000000000' HOST NONE DEFAULT ROLE pulse_dead_letters;
GRANT pulse_ingest TO draagvlak_ingest;
GRANT pulse_import TO draagvlak_import;
GRANT pulse_releasing TO draagvlak_release;
GRANT pulse_metrics TO draagvlak_metrics;
GRANT pulse_retention TO draagvlak_retention;
GRANT pulse_dead_letters TO draagvlak_dead_letters;
