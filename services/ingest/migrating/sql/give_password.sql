-- A user of 0011_roles.sql, who had the password of nobody and could come from nowhere.
ALTER USER {user:Identifier} IDENTIFIED WITH sha256_hash BY {hash:String} HOST ANY
