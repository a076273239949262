"""A colleague at the emulated workspace: commands, App Home, modals, channels."""

from dataclasses import dataclass
from typing import Any

from tests.integration.pulse_bot.house import House, eventually

Json = dict[str, Any]


def words(shown: Any) -> str:
    """Every text of a message or view, one after another."""
    if isinstance(shown, dict):
        own = [shown["text"]] if isinstance(shown.get("text"), str) else []
        return "\n".join([*own, *(words(value) for key, value in shown.items() if key != "text" or not own)])
    if isinstance(shown, list):
        return "\n".join(words(inner) for inner in shown)
    return ""


@dataclass
class Colleague:
    """One person in a house."""

    house: House
    member: str

    async def command(self, text: str) -> Json:
        """Type a command; gives what came of it."""
        body = {"user": self.member, "text": text, "wait_seconds": 30}
        return await self._act("/act/command", body)

    async def told(self, text: str) -> str:
        """What a command answers to the person alone."""
        report = await self.command(text)
        assert report["effect"] == "ephemeral", report
        return words(report["shown"])

    async def home(self) -> Json:
        """Open App Home; gives the view."""
        report = await self._act("/act/home", {"user": self.member, "wait_seconds": 30})
        assert report["effect"] == "home", report
        view: Json = report["shown"]
        return view

    async def modal(self) -> Json:
        """The modal that is open now."""

        async def there() -> Json | None:
            views = (await self.house.act.get("/act/views", params={"user": self.member})).json()
            return views["modals"][-1] if views["modals"] else None

        found: Json = await eventually(there)
        return found

    async def press(
        self, action_id: str, *, view: Json | None = None, message: Json | None = None, **more: Any
    ) -> Json:
        """Press a button of a view or of a message; the bot must take it."""
        place = {"view_id": view["id"]} if view else {}
        if message is not None:
            place = {"channel": message["channel"], "message_ts": message["ts"]}
        body = {"user": self.member, "action_id": action_id, "wait_seconds": 30, **place, **more}
        report = await self._act("/act/click", body)
        assert report["status"] == 200, report
        return report

    async def submit(self, **inputs: Any) -> Json:
        """Fill in the open modal and send it."""
        view = await self.modal()
        return await self._act("/act/submit", {"user": self.member, "view_id": view["id"], "inputs": inputs})

    async def messages(self, channel: str = "") -> list[Json]:
        """What stands in a channel, or in the DM with the bot."""
        query = {"user": self.member} | ({"channel": channel} if channel else {})
        answer = await self.house.act.get("/act/messages", params=query)
        assert answer.status_code == 200, answer.text
        return [message for message in answer.json()["messages"] if not message.get("deleted")]

    async def sees(self, text: str, channel: str = "") -> Json:
        """Wait for a message that says this; gives it."""

        async def there() -> Json | None:
            for message in await self.messages(channel):
                if text in words(message):
                    return message
            return None

        found: Json = await eventually(there)
        return found

    async def react(self, message: Json, name: str) -> None:
        """React to a message."""
        place = {"channel": message["channel"], "message_ts": message["ts"]}
        await self._act("/act/react", {"user": self.member, "name": name} | place)

    async def _act(self, path: str, body: Json) -> Json:
        answer = await self.house.act.post(path, json=body)
        assert answer.status_code == 200, answer.text
        report: Json = answer.json()
        return report
