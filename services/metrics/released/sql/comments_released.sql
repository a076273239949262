SELECT wave_id, toString(sha256) AS sha256
FROM pulse_release.comment_releases FINAL
