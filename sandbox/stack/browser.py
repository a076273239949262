"""A browser on the desktop of whoever started the demo. Where there is no desktop, nothing is opened."""

import os
import sys
import threading
import webbrowser
from collections.abc import Mapping


def has_desktop(environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> bool:
    """Whether a window can be opened before the person at the terminal: not over SSH, and not without a display."""
    if "SSH_CONNECTION" in environment:
        return False
    if platform in ("darwin", "win32"):
        return True
    return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))


def open_in_browser(address: str) -> None:
    """Open ``address`` where this desktop has a browser; returns at once, for some run until their window closes."""
    threading.Thread(target=webbrowser.open, args=(address,), name="browser", daemon=True).start()
