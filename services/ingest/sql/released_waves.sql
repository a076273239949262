SELECT DISTINCT wave_id FROM pulse_release.releases
