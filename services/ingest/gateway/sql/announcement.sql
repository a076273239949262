-- Everything that is stored under this id; drafts first.
SELECT event_type, payload
FROM pulse_facts.announcements FINAL
WHERE announcement_id = {id:String}
ORDER BY event_type != 'announcement.drafted', at
