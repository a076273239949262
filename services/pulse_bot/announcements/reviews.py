"""The review of comments as the release process serves it to champions; what it tells is shown and never kept."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import orjson
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from services.pulse_bot.http import proxy_for
from services.runtime.settings import SettingsFault, read_secret

_TIMEOUT = aiohttp.ClientTimeout(total=1.2)
"""A click is answered within three seconds, and a release takes two requests."""
_REFUSED = (404, 409)


class ReviewAway(RuntimeError):
    """The review does not answer as it should; the text says with what, and holds nothing of a comment."""


class ReviewRefused(RuntimeError):
    """It cannot be done as things stand now: somebody else was first, or something changed meanwhile."""


class ReviewStatus(StrEnum):
    """Where the comments of a round stand."""

    WAITING = "waiting for the release of the wave"
    NEVER = "too few comments"
    TO_REVIEW = "to review"
    RELEASED = "released"


class Decision(StrEnum):
    """What a champion decided about a comment."""

    PUBLISH = "publish"
    WITHHOLD = "withhold"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class ReviewedComment(_Part):
    """A comment, names and long numbers taken out. Its representation shows nothing of its words."""

    id: str
    question: str = Field(repr=False)
    text: str = Field(repr=False)
    decision: Decision | None = None


class CommentsReview(_Part):
    """The comments of a round with what was decided; ``floor``: fewer are never shown."""

    wave: str
    status: ReviewStatus
    floor: int
    comments: tuple[ReviewedComment, ...] = ()

    @property
    def shown(self) -> int:
        """How many would be released."""
        return sum(comment.decision is Decision.PUBLISH for comment in self.comments)

    @property
    def first_undecided(self) -> int | None:
        """The place of the first comment about which nothing was decided."""
        return next((n for n, comment in enumerate(self.comments) if comment.decision is None), None)

    @property
    def fingerprint(self) -> str:
        """Differs as soon as anything was decided differently; tells nothing else."""
        decided = ",".join(f"{comment.id}={comment.decision}" for comment in self.comments)
        return sha256(decided.encode()).hexdigest()[:16]


_MANY = TypeAdapter(tuple[CommentsReview, ...])


@dataclass(frozen=True)
class ReviewApi:
    """Where comments are reviewed, with a token of scope ``comments:review``. Everything raises ReviewAway."""

    session: aiohttp.ClientSession
    url: str
    token_file: Path | None

    async def waiting(self) -> tuple[CommentsReview, ...]:
        """The rounds whose comments wait for a champion, the oldest first; without any words."""
        found = self._read(_MANY, await self._ask("GET", ""))
        return tuple(one for one in found if one.status is ReviewStatus.TO_REVIEW)

    async def review(self, wave_id: str) -> CommentsReview:
        """The comments of a round. Raises ReviewRefused."""
        return self._one(await self._ask("GET", f"/{quote(wave_id, safe='')}/review"))

    async def decide(self, wave_id: str, decisions: Mapping[str, Decision]) -> CommentsReview:
        """Keep decisions (by the comments' ids); gives the review after them. Raises ReviewRefused."""
        body = orjson.dumps({"decisions": {comment: decision.value for comment, decision in decisions.items()}})
        return self._one(await self._ask("PUT", f"/{quote(wave_id, safe='')}/review", body))

    async def release(self, wave_id: str) -> CommentsReview:
        """Release what was decided to be shown, once and together. Raises ReviewRefused."""
        return self._one(await self._ask("POST", f"/{quote(wave_id, safe='')}/release"))

    def _one(self, content: Any) -> CommentsReview:
        found: CommentsReview = self._read(TypeAdapter(CommentsReview), content)
        ordered = sorted(found.comments, key=lambda comment: comment.id)
        return found.model_copy(update={"comments": tuple(ordered)})

    @staticmethod
    def _read(adapter: TypeAdapter[Any], content: Any) -> Any:
        try:
            return adapter.validate_python(content)
        except ValidationError as error:
            fields = {".".join(map(str, fault["loc"])) for fault in error.errors(include_input=False)}
            raise ReviewAway(f"a review of comments cannot be read: {', '.join(sorted(fields)[:3])}") from None

    async def _ask(self, method: str, path: str, body: bytes | None = None) -> Any:
        url = f"{self.url.rstrip('/')}/v1/comments{path}"
        try:
            token = await asyncio.to_thread(read_secret, self.token_file, "review_token_file")
        except SettingsFault as fault:
            raise ReviewAway(str(fault)) from None
        headers = {"Authorization": f"Bearer {token.get_secret_value()}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            async with self.session.request(
                method, url, data=body, headers=headers, timeout=_TIMEOUT, proxy=proxy_for(url)
            ) as response:
                content = await response.read()
                if response.status in _REFUSED:
                    raise ReviewRefused(f"the review of comments answers with {response.status}")
                if response.status != 200:
                    raise ReviewAway(f"the review of comments answers with {response.status}")
                return orjson.loads(content)
        except (aiohttp.ClientError, TimeoutError, orjson.JSONDecodeError) as error:
            raise ReviewAway(f"the review at {self.url} does not answer ({type(error).__name__})") from None
