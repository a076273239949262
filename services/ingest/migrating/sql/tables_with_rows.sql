-- Of one table, or of a whole database where no table is named.
SELECT name, ifNull(total_rows, 0) AS rows
FROM system.tables
WHERE database = {database:String} AND ({table:String} = '' OR name = {table:String}) AND rows > 0
ORDER BY name
