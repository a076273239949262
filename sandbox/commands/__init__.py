"""The commands of the sandbox, for the command line to mount."""
