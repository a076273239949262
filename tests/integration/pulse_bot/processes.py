"""The bot and the commands as processes of their own, as an operator starts them."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.integration.pulse_bot.house import House, eventually


def environment(house: House, **more: str) -> dict[str, str]:
    """The house's settings as environment variables."""
    settings = {
        f"DRAAGVLAK_{name.upper()}": str(value)
        for name, value in house.settings.model_dump().items()
        if value is not None
    }
    return os.environ | settings | more


async def draagvlak(house: House, *arguments: str) -> tuple[int, str]:
    """Run a command to its end; gives exit code and everything it said."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.command_line",
        *arguments,
        env=environment(house, COLUMNS="200"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await asyncio.wait_for(process.communicate(), 180)
    return process.returncode or 0, said.decode()


@dataclass
class BotProcess:
    """A running bot and the file with all that it has said."""

    process: asyncio.subprocess.Process
    log: Path

    async def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        await self.process.wait()


@asynccontextmanager
async def bot_process(house: House, *, script: str | None = None, **more: str) -> AsyncIterator[BotProcess]:
    """``draagvlak bot`` until the block ends, or ``script`` in its place; ready when given."""
    command = ["-c", script] if script else ["-m", "services.command_line", "bot"]
    log = house.folder / f"bot-{len(list(house.folder.glob('bot-*')))}.log"
    with log.open("wb") as said:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *command, env=environment(house, **more), stdout=said, stderr=said
        )
    try:
        async with httpx.AsyncClient(base_url=house.bot_url) as client:

            async def ready() -> bool:
                assert process.returncode is None, log.read_text()
                try:
                    return (await client.get("/healthz/ready")).status_code == 200
                except httpx.HTTPError:
                    return False

            await eventually(ready, 120)
        yield BotProcess(process, log)
    finally:
        if process.returncode is None:
            process.terminate()
            await asyncio.wait_for(process.wait(), 90)
