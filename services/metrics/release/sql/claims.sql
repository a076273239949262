SELECT campaign_id, toString(claimant) AS claimant, closed_at, released_at, toString(sha256) AS sha256, document, parts
FROM pulse_ballots.release_claims
WHERE wave_id = {wave:String}
