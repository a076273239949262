"""The metrics API, read with a token on behalf of a visitor who has the sandbox's key."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import aiohttp
import orjson
from pydantic import TypeAdapter, ValidationError

from sandbox.results.model import HEADLINES, LastRelease, Point, Results, Wave
from sandbox.results.texts import WORDS, Words
from services.contracts.base import ROOT_ID, TextLanguage

Query = Sequence[tuple[str, str]]
_SECONDS: Final = 5.0
_WAVES: Final = TypeAdapter(list[Wave])
_POINTS: Final = TypeAdapter(list[Point])


class Unreadable(RuntimeError):
    """The metrics API cannot be read now; ``why`` is one sentence in both languages."""

    def __init__(self, why: Callable[[Words], str], **details: object) -> None:
        self.why = {language: why(words).format(**details) for language, words in WORDS.items()}
        super().__init__(self.why[TextLanguage.EN])


@dataclass(frozen=True)
class Answer:
    """An answer of the API, as it came."""

    status: int
    content_type: str
    body: bytes


class MetricsReader:
    """Reads ``url`` with the token in ``token_file``. Open it inside the event loop, and close it."""

    def __init__(self, url: str, token_file: Path) -> None:
        self.url = url.rstrip("/")
        self.token_file = token_file
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Make the connection pool."""
        timeout = aiohttp.ClientTimeout(total=_SECONDS)
        self._session = aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False)

    async def close(self) -> None:
        """End the connections."""
        if self._session is not None:
            await self._session.close()

    async def get(self, path: str, query: Query = ()) -> Answer:
        """What the API answers under ``/v1/<path>``. Raises Unreadable when it does not answer."""
        if self._session is None:
            raise RuntimeError("open the reader first")
        try:
            headers = {"Authorization": f"Bearer {self.token_file.read_text(encoding='utf-8').strip()}"}
            async with self._session.get(f"{self.url}/v1/{path}", params=query, headers=headers) as response:
                return Answer(response.status, response.content_type, await response.read())
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unreadable(lambda words: words.away, url=self.url, error=type(error).__name__) from error
        except OSError as error:
            raise Unreadable(lambda words: words.keyless, path=self.token_file, error=error.strerror) from error

    async def openapi(self) -> Mapping[str, object]:
        """The API's description of itself."""
        description: Mapping[str, object] = orjson.loads((await self._ok("openapi.json")).body)
        return description

    async def waves(self) -> tuple[Wave, ...]:
        """Every wave that was opened, oldest first."""
        found = _read(_WAVES, await self._ok("waves"))
        return tuple(found)

    async def results(self, language: TextLanguage) -> Results:
        """All that the page draws, of the headline measures."""
        waves = await self.waves()
        released = [wave for wave in waves if wave.released]
        if not released:
            return Results(waves=waves)
        nodes = _read(TypeAdapter(LastRelease), await self._ok(f"releases/{released[-1].wave}")).nodes
        query = [("language", language.value)]
        query += [("measure", measure) for measure in HEADLINES]
        query += [("team", node.id) for node in sorted(nodes, key=lambda node: node.id != ROOT_ID)]
        points = _read(_POINTS, await self._ok("trends", query))
        return Results(waves=waves, nodes=nodes, points=tuple(points))

    async def _ok(self, path: str, query: Query = ()) -> Answer:
        answer = await self.get(path, query)
        if answer.status != 200:
            raise Unreadable(lambda words: words.wrong_status, status=answer.status, path=path)
        return answer


Read = TypeVar("Read")


def _read(kind: TypeAdapter[Read], answer: Answer) -> Read:
    try:
        return kind.validate_json(answer.body)
    except ValidationError as error:
        raise Unreadable(lambda words: words.wrong_shape, count=error.error_count()) from error
