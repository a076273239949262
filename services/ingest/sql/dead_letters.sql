SELECT toString(record_hash), topic, wave_id, error_class, error_text, base64Encode(raw)
FROM pulse_ballots.dead_letters FINAL
ORDER BY topic, wave_id, record_hash
