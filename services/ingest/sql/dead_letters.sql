SELECT toString(record_hash), topic, wave_id, error_class, error_text, base64Encode(raw), base64Encode(key),
    record_hash IN (SELECT letter_id FROM pulse_ballots.replayed_letters)
FROM pulse_ballots.dead_letters FINAL
ORDER BY topic, wave_id, record_hash
