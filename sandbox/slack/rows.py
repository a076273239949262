"""Messages and views as rows of the journal, and back."""

from __future__ import annotations

from typing import cast

import orjson

from sandbox.slack.journal import Row
from sandbox.slack.records import Message, View, ViewKind
from sandbox.slack.wire import Json


def message_row(message: Message) -> Row:
    """A message as the parameters of ``put_message``."""
    return (
        message.channel,
        message.ts,
        message.sequence,
        message.author,
        message.text,
        message.blocks,
        message.campaign_at,
        message.thread_ts,
        message.edited_ts,
        message.metadata,
        orjson.dumps(message.reactions),
        int(message.deleted),
    )


def view_row(view: View) -> Row:
    """A view as the parameters of ``put_view``."""
    row = (view.id, view.kind.value, view.user, orjson.dumps(view.body), view.hash)
    return (*row, view.root_id, view.previous_id, view.sequence)


def message_from(row: Row) -> Message:
    """A message from a row of ``load_messages``."""
    channel, ts, sequence, author, text, blocks, campaign_at, thread, edited, metadata, reactions, deleted = row
    return Message(
        channel=str(channel),
        ts=str(ts),
        sequence=cast("int", sequence),
        author=str(author),
        text=str(text),
        blocks=cast("bytes", blocks),
        campaign_at=str(campaign_at),
        thread_ts=None if thread is None else str(thread),
        edited_ts=None if edited is None else str(edited),
        metadata=cast("bytes | None", metadata),
        reactions=tuple((name, tuple(users)) for name, users in orjson.loads(cast("bytes", reactions))),
        deleted=bool(deleted),
    )


def view_from(row: Row) -> View:
    """A view from a row of ``load_views``."""
    view_id, kind, user, body, view_hash, root, previous, sequence = row
    return View(
        id=str(view_id),
        kind=ViewKind(kind),
        user=str(user),
        body=cast("Json", orjson.loads(cast("bytes", body))),
        hash=str(view_hash),
        root_id=str(root),
        previous_id=None if previous is None else str(previous),
        sequence=cast("int", sequence),
    )
