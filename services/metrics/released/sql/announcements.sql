SELECT event_type, payload
FROM pulse_facts.announcements FINAL
ORDER BY at, announcement_id, event_type
