"""The services of Draagvlak; they meet in events only (see ``services.contracts``)."""
