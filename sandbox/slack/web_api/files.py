"""``files.getUploadURLExternal`` and ``files.completeUploadExternal``: the upload of today, in three steps."""

from __future__ import annotations

from sandbox.slack.blocks import checked_message_blocks
from sandbox.slack.limits import FILE_BYTES, Tier
from sandbox.slack.web_api.arguments import Arguments, invalid
from sandbox.slack.web_api.method import Method
from sandbox.slack.web_api.places import writable_conversation
from sandbox.slack.wire import Json, SlackError
from sandbox.slack.workspace import Workspace

_ALT_TEXT = 1_000


async def get_upload_url(workspace: Workspace, arguments: Arguments) -> Json:
    """Where the content of a file goes; ``length`` in bytes must be that of the content."""
    alt_text = arguments.text("alt_txt", "")
    if len(alt_text) > _ALT_TEXT:
        raise invalid(f"must be less than {_ALT_TEXT + 1} characters [json-pointer:/alt_txt]")
    length = arguments.number("length", 0, FILE_BYTES)
    file, secret = workspace.files.ask(arguments.text("filename"), length, alt_text)
    return {"upload_url": f"{workspace.base_url}/upload/{secret}", "file_id": file.id}


async def complete_upload(workspace: Workspace, arguments: Arguments) -> Json:
    """Finishes uploads, and shares them in a channel (an id, not a name) where one is given."""
    asked = arguments.json("files")
    if not isinstance(asked, list) or not asked or not all(isinstance(f, dict) and f.get("id") for f in asked):
        raise invalid("must be a list of objects with an id [json-pointer:/files]")
    place = arguments.text("channel_id", "")
    if place.startswith(("U", "W", "#")):
        raise SlackError("channel_not_found")
    conversation = writable_conversation(workspace, place) if place else None
    finished = [workspace.files.complete(str(f["id"]), str(f.get("title") or "")) for f in asked]
    if conversation is not None:
        for file in finished:
            words = file.title.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
            link = {
                "type": "section",
                "text": {"type": "mrkdwn", "text": f"<{workspace.base_url}/files/{file.id}|{words}>"},
            }
            shown: Json = (
                {"type": "image", "slack_file": {"id": file.id}, "alt_text": file.alt_text or file.title}
                if file.is_image
                else link
            )
            text = arguments.text("initial_comment", file.title)
            workspace.surfaces.post(
                conversation, workspace.directory.app.user_id, text, checked_message_blocks([shown])
            )
        await workspace.store.durable()
    return {"files": [{"id": file.id, "title": file.title} for file in finished]}


METHODS = (
    Method("files.getUploadURLExternal", get_upload_url, Tier.TIER_4, ("files:write",)),
    Method("files.completeUploadExternal", complete_upload, Tier.TIER_4, ("files:write",)),
)
