"""What has been released, in memory, and the rows that are made of it: change and verdict from published numbers."""
