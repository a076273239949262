"""Taking in an existing survey as a wave, through the same contracts, topics and release as every other one."""
