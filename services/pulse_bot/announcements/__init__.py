"""What is told to everybody: announcements, promises, concerns and their answers, results, and the events of these."""
