"""The commands of the bot, for the command line to mount; each imports what it needs itself and no more."""
