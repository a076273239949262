"""Creating and changing the tables: numbered .sql files, applied in order, each once, remembered with a checksum."""
