"""``python -m sandbox.slack``: the emulated workspace as a process."""

from sandbox.slack.app import run

if __name__ == "__main__":
    run()
