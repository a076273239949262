"""`draagvlak grafana build`: all dashboards in every language, and the provisioning, as the committed files."""

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from grafana.names import OPERATIONS_FOLDER
from services.contracts.base import TextLanguage
from services.runtime.settings import SettingsFault

FOLDER: Final = Path(__file__).parent
GENERATED: Final = FOLDER / "generated"
PROVISIONING: Final = FOLDER / "provisioning"
KUSTOMIZATION: Final = FOLDER / "kustomization.yaml"


def files() -> dict[Path, str]:
    """Path -> text of every generated file. Raises SettingsFault where the dashboard kit is not installed."""
    from grafana.kubernetes import kustomization  # noqa: PLC0415

    texts = {**dict(_dashboards()), **dict(_provisioning())}
    listed = kustomization(PurePosixPath(path.relative_to(FOLDER)) for path in texts)
    return {**texts, KUSTOMIZATION: listed}


def stale(texts: Mapping[Path, str]) -> list[Path]:
    """Files that differ or are missing, and files of dashboards that are no more."""
    different = [path for path, text in texts.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    return [*different, *(path for path in GENERATED.rglob("*.json") if path not in texts)]


def write(texts: Mapping[Path, str]) -> list[Path]:
    """Write what differs and take away what is no more; gives the paths of both."""
    changed = stale(texts)
    for path in changed:
        if path in texts:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(texts[path], encoding="utf-8")
        else:
            path.unlink()
    return changed


def _dashboards() -> Iterator[tuple[Path, str]]:
    try:
        from grafana.dashboards import BOARDS  # noqa: PLC0415 - the kit is there for developers only
        from grafana.words import words  # noqa: PLC0415
    except ModuleNotFoundError as missing:
        if (missing.name or "").split(".")[0] != "grafana_foundation_sdk":
            raise
        raise SettingsFault(
            "building dashboards needs grafana-foundation-sdk, which this installation lacks: it is one of the "
            "developers' dependencies (requirements-dev.lock). The built dashboards are in grafana/generated."
        ) from None
    for language in TextLanguage:
        for make in BOARDS:
            board = make(words(language))
            folder = "operations" if board.folder == OPERATIONS_FOLDER else "leadership"
            yield GENERATED / language.value / folder / f"{board.name}.json", board.text()


def _provisioning() -> Iterator[tuple[Path, str]]:
    from grafana.provisioning_files import provisioning  # noqa: PLC0415

    for name, text in provisioning().items():
        yield PROVISIONING / name, text
