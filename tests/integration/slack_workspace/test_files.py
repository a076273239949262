"""Files are uploaded in three steps, by Slack's own SDK, and shown where a message names them."""

from __future__ import annotations

import httpx
import pytest
from slack_sdk.errors import SlackApiError

from tests.integration.slack_workspace.conftest import Running

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40


def image(file_id: str) -> list[dict[str, object]]:
    return [{"type": "image", "slack_file": {"id": file_id}, "alt_text": "een lijn"}]


async def test_the_sdk_uploads_a_picture_that_a_message_shows(running: Running) -> None:
    uploaded = await running.api.files_upload_v2(filename="trend.png", content=PNG, title="Trend", alt_txt="een lijn")
    file_id = uploaded["files"][0]["id"]
    await running.api.chat_postMessage(channel="C1", text="uitkomsten", blocks=image(file_id))
    shown = await running.act.get(f"/files/{file_id}")
    assert (shown.status_code, shown.content) == (200, PNG)
    assert shown.headers["content-type"] == "image/png"
    async with httpx.AsyncClient(base_url=running.url) as stranger:
        assert (await stranger.get(f"/files/{file_id}")).status_code in (401, 403)


async def test_a_file_for_a_channel_is_shared_there(running: Running) -> None:
    await running.api.files_upload_v2(filename="cellen.csv", content="a,b\n", title="Cellen", channel="C1")
    messages = (await running.act.get("/act/messages", params={"user": "U1", "channel": "C1"})).json()["messages"]
    assert "Cellen" in str(messages[-1]["blocks"])


async def test_a_message_cannot_show_a_picture_that_is_not_there(running: Running) -> None:
    asked = await running.api.files_getUploadURLExternal(filename="trend.png", length=len(PNG))
    for file_id in ("F0UNKNOWN", asked["file_id"]):
        with pytest.raises(SlackApiError) as refused:
            await running.api.chat_postMessage(channel="C1", text="x", blocks=image(file_id))
        assert refused.value.response["error"] == "invalid_blocks"
    with pytest.raises(SlackApiError) as refused:
        await running.api.files_completeUploadExternal(files=[{"id": asked["file_id"], "title": "x"}])
    assert refused.value.response["error"] == "file_update_failed"


async def test_content_comes_once_and_with_the_announced_length(running: Running) -> None:
    asked = await running.api.files_getUploadURLExternal(filename="trend.png", length=len(PNG))
    async with httpx.AsyncClient() as client:
        assert (await client.post(asked["upload_url"], content=PNG + b"x")).status_code == 404
        assert (await client.post(asked["upload_url"], content=PNG)).status_code == 200
        assert (await client.post(asked["upload_url"], content=PNG)).status_code == 404
        assert (await client.post(f"{running.url}/upload/unknown", content=PNG)).status_code == 404
