SELECT * FROM {database:Identifier}.{table:Identifier} FINAL WHERE wave_id IN {waves:Array(String)}
