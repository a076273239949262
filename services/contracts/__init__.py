"""What services tell each other: events, topics, the survey model, the tree and the floors of the promises."""
