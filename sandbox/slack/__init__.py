"""An emulated Slack workspace: Web API, signed deliveries to the bot, and a page to act as anyone.

Run it as a process of its own: ``python -m sandbox.slack``. The web application comes from
:func:`sandbox.slack.app.create_app`, the process from :func:`sandbox.slack.app.run`.
"""
