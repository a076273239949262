"""What is wrong with a port; apart from serving, which the command line does not import before it serves."""


class PortTaken(RuntimeError):
    """Another process listens on the port; the text says which and what to do."""
