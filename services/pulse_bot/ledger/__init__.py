"""The bot's own store: who was asked and who has answered, preferences and plans. Never an answer."""
