SELECT user, channel, ts FROM read_mark;
