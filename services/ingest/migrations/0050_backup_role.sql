-- needs: access management
-- Who makes backups reads what was released and the facts around it, and no ballot, comment or dead letter: a backup
-- can hold none of them, whoever runs it. Restoring is the work of the migrations' user.
CREATE ROLE IF NOT EXISTS pulse_backup;
GRANT SHOW, SELECT ON pulse_ballots.invited TO pulse_backup;
GRANT SHOW, SELECT ON pulse_ballots.releasable_nodes TO pulse_backup;
GRANT SHOW, SELECT ON pulse_ballots.class_units TO pulse_backup;
GRANT SHOW, SELECT ON pulse_ballots.class_people TO pulse_backup;
GRANT SHOW, SELECT ON pulse_ballots.class_sums TO pulse_backup;
GRANT SHOW, SELECT ON pulse_ballots.distribution_units TO pulse_backup;
GRANT SHOW, SELECT ON pulse_ballots.class_histograms TO pulse_backup;
GRANT SHOW, SELECT ON pulse_ballots.wave_rewrites TO pulse_backup;
GRANT SHOW, SELECT ON pulse_facts.* TO pulse_backup;
GRANT SHOW, SELECT ON pulse_release.* TO pulse_backup;

CREATE USER IF NOT EXISTS draagvlak_backup IDENTIFIED WITH sha256_hash BY '0000000000000000000000000000000000000000000000000000000000000000' HOST NONE DEFAULT ROLE pulse_backup;
GRANT pulse_backup TO draagvlak_backup;
