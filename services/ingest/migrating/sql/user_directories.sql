-- Where users are kept, but for the files that only an operator changes.
SELECT count()
FROM system.user_directories
WHERE type != 'users_xml'
