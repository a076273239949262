SELECT now64(3, 'UTC') AS now, version() AS version, hostName() AS host
