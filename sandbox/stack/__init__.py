"""Everything on one machine: the processes of the sandbox from one command, in one tree that always ends clean."""
