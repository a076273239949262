SELECT id, user FROM conversation;
