SELECT wave_id, released_at FROM pulse_release.releases FINAL ORDER BY released_at, wave_id
