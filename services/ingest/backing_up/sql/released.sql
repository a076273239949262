SELECT wave_id, toString(sha256) FROM pulse_release.releases FINAL ORDER BY wave_id
