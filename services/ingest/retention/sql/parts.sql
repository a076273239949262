-- Parts with rows that a query of the wave would read; and those of any wave that are replaced and still on the disk.
SELECT countIf(active AND partition = {wave:String} AND rows > 0), countIf(NOT active AND rows > 0)
FROM system.parts
WHERE database = 'pulse_ballots' AND table = {table:String}
