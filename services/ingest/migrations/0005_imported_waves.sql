-- Which waves are existing surveys: an import is compared with the earlier ones, so that the same answers do not come twice.
ALTER TABLE pulse_facts.waves ADD COLUMN IF NOT EXISTS imported Bool DEFAULT false
