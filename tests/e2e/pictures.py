"""Screenshots of what a visitor sees; kept under docs/pictures when ``DRAAGVLAK_PICTURES`` names that folder."""

import os
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.async_api import Page as AsyncPage
from playwright.sync_api import Page

LARGEST_BYTES: Final = 150_000


@dataclass(frozen=True)
class Pictures:
    """Takes pictures into ``folder``, unless the environment names another one."""

    folder: Path
    taken: list[Path] = field(default_factory=list)

    def take(self, page: Page, name: str) -> None:
        """A picture of what is in the window."""
        self._keep(page.screenshot(animations="disabled"), name)

    async def keep(self, page: AsyncPage, name: str) -> None:
        """The same, of a page in an event loop."""
        self._keep(await page.screenshot(animations="disabled"), name)

    def _keep(self, whole: bytes, name: str) -> None:
        kept = os.environ.get("DRAAGVLAK_PICTURES")
        folder = Path(kept) if kept else self.folder
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{name}.png"
        Image.open(BytesIO(whole)).convert("RGB").quantize(96).save(path, optimize=True)
        self.taken.append(path)

    def require_small(self) -> None:
        """Fails for a picture that is too large to keep in the repository."""
        assert self.taken
        for path in self.taken:
            assert 5_000 < path.stat().st_size < LARGEST_BYTES, f"{path.name} has {path.stat().st_size} bytes"
