SELECT document
FROM pulse_release.comment_releases FINAL
WHERE wave_id = {wave:String}
