"""The act API: what a person in the workspace can do and see. Used by the page and by the simulated organisation.

Every route needs the access key (``Authorization: Bearer <key>``, or the page's cookie). Times of waiting are
seconds; ``status`` in answers is the bot's HTTP status, 0 when it did not answer (then ``error`` says why).

=======================  =====================================================================================
``POST /act/click``      :class:`~sandbox.slack.act.requests.Click`: a button or menu of a message or view
``POST /act/command``    :class:`~sandbox.slack.act.requests.Command`: a slash command
``POST /act/home``       :class:`~sandbox.slack.act.requests.OpenHome`: opens App Home
``POST /act/submit``     :class:`~sandbox.slack.act.requests.Submit`: sends a modal
``POST /act/close``      :class:`~sandbox.slack.act.requests.CloseModal`: closes a modal without sending it
``POST /act/react``      :class:`~sandbox.slack.act.requests.React`: adds or takes away a reaction
``POST /act/say``        :class:`~sandbox.slack.act.requests.Say`: writes a message
``POST /act/read``       :class:`~sandbox.slack.act.requests.MarkRead`: has seen a conversation
``GET /act/people``      everybody, with the number of unread messages
``GET /act/roles?language=``  somebody to be: an employee with a question before them, a champion
``GET /act/round``       the round that is open or waits for its release (sandbox/slack/result_routes.py)
``GET /act/conversations?user=``                      the DM and channels of a person
``GET /act/messages?user=&channel=&since=&wait=``     messages changed after change number ``since``;
                                                      no ``channel``: the DM
``GET /act/views?user=``                              App Home and open modals of a person
``GET /act/requests``    the latest requests, by name and verdict
``GET, POST, DELETE /act/faults``  :class:`~sandbox.slack.faults.Fault`: what goes wrong next, and until when
``GET /act/feed?user=``  the live feed (server-sent events)
``GET, POST /act/clock`` campaign time, as ``/clock`` but with the access key
``POST /act/verify``     the ``url_verification`` handshake with the bot
=======================  =====================================================================================
"""
