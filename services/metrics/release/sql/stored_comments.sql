SELECT document, toString(sha256) AS sha256
FROM pulse_release.comment_releases FINAL
WHERE wave_id = {wave:String}
