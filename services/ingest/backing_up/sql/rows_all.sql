SELECT * FROM {database:Identifier}.{table:Identifier} FINAL
