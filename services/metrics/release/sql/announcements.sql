-- What was announced until then, to whom. Who was reached was settled when it was published: corrections change words.
SELECT announcement_id, min(at) AS published_at, argMin(JSONExtract(payload, 'audience', 'Array(String)'), at) AS audience
FROM pulse_facts.announcements FINAL
WHERE event_type = 'announcement.published' AND at < {until:DateTime64(3, 'UTC')}
GROUP BY announcement_id
ORDER BY published_at, announcement_id
