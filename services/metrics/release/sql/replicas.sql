-- Of every replicated table of ours on the node that answers: is it cut off from Keeper, and what does it not have yet?
-- log_pointer is one more than the last entry that it has taken over; a table without any entry has 0 and 0.
SELECT hostName() AS host, concat(database, '.', table) AS name, is_readonly OR is_session_expired AS cut_off,
    if(log_max_index = 0, 0, greatest(toInt64(log_max_index) + 1 - toInt64(log_pointer), 0)) AS unread,
    inserts_in_queue + part_mutations_in_queue AS unfetched, absolute_delay AS delay
FROM system.replicas
WHERE database IN ('pulse_ballots', 'pulse_facts', 'pulse_release')
ORDER BY name
