"""The calls of Grafana's API that we make, through grafana-client; its faults become one sentence."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from grafana.settings import GrafanaSettings
from services.runtime.settings import SettingsFault, read_secret

_SECONDS: Final = 15.0
T = TypeVar("T")


class GrafanaFault(RuntimeError):
    """Grafana refused, or did not answer; `status` is its HTTP status, 0 where there was none."""

    def __init__(self, sentence: str, status: int = 0) -> None:
        super().__init__(sentence)
        self.status = status


class Live:
    """A Grafana. Every method raises GrafanaFault."""

    def __init__(self, api: Any, faults: tuple[type[Exception], ...]) -> None:
        self._api = api
        self._faults = faults

    def health(self) -> Mapping[str, Any]:
        """Version and state of its database."""
        return self._ask("its health", lambda: self._api.client.GET("/health"))

    def settings(self) -> Mapping[str, Any]:
        """What it tells every browser."""
        return self._ask("its settings", lambda: self._api.client.GET("/frontend/settings"))

    def source(self, uid: str) -> Mapping[str, Any] | None:
        """A data source; None where there is none."""
        return self._maybe(f"data source {uid}", lambda: self._api.datasource.get_datasource_by_uid(uid))

    def source_health(self, uid: str) -> Mapping[str, Any]:
        """What a data source says of itself."""
        return self._ask(f"health of data source {uid}", lambda: self._api.datasource.health(uid))

    def put_source(self, source: Mapping[str, Any]) -> None:
        """Create a data source, or change the one with its uid."""
        uid = source["uid"]
        if self.source(uid) is None:
            self._ask(f"data source {uid}", lambda: self._api.datasource.create_datasource(dict(source)))
        else:
            self._ask(f"data source {uid}", lambda: self._api.datasource.update_datasource_by_uid(uid, dict(source)))

    def put_folder(self, uid: str, title: str) -> None:
        """Create a folder where there is none with this uid."""
        if self._maybe(f"folder {uid}", lambda: self._api.folder.get_folder(uid)) is None:
            self._ask(f"folder {uid}", lambda: self._api.folder.create_folder(title, uid))

    def allow(self, folder: str, items: Sequence[Mapping[str, Any]]) -> None:
        """Say who may do what in a folder; administrators always may."""
        self._ask(f"permissions of {folder}", lambda: self._api.folder.update_folder_permissions(folder, list(items)))

    def dashboard(self, uid: str) -> Mapping[str, Any] | None:
        """A dashboard with its meta data; None where there is none."""
        return self._maybe(f"dashboard {uid}", lambda: self._api.dashboard.get_dashboard(uid))

    def put_dashboard(self, content: Mapping[str, Any], folder: str) -> None:
        """Create a dashboard, or replace the one with its uid."""
        sent = {"dashboard": dict(content), "folderUid": folder, "overwrite": True, "message": "draagvlak"}
        self._ask(f"dashboard {content['uid']}", lambda: self._api.dashboard.update_dashboard(sent))

    def rules(self) -> Sequence[Mapping[str, Any]]:
        """All alert rules."""
        return self._ask("alert rules", self._api.alertingprovisioning.get_alertrules_all)

    def put_rules(self, folder: str, group: str, content: Mapping[str, Any]) -> None:
        """Create or replace a group of rules."""
        self._ask(
            f"rules of {group}",
            lambda: self._api.alertingprovisioning.update_rule_group(folder, group, dict(content)),
        )

    def query(self, queries: Sequence[Mapping[str, Any]], begin: str, end: str) -> Mapping[str, Any]:
        """What the data source gives for queries: reference -> frames or an error. Times as Grafana writes them."""
        sent = {"queries": list(queries), "from": begin, "to": end}
        answer = self._ask("a query", lambda: self._api.client.POST("/ds/query", json=sent))
        results: Mapping[str, Any] = answer["results"]
        return results

    def _ask(self, what: str, call: Callable[[], T]) -> T:
        try:
            return call()
        except self._faults as fault:
            status = int(getattr(fault, "status_code", 0) or 0)
            detail = " ".join(str(getattr(fault, "message", "") or fault).split())[:300]
            raise GrafanaFault(f"Grafana, {what}: {detail}", status) from None

    def _maybe(self, what: str, call: Callable[[], T]) -> T | None:
        try:
            return self._ask(what, call)
        except GrafanaFault as fault:
            if fault.status == 404:
                return None
            raise


def connect(settings: GrafanaSettings) -> Live:
    """The Grafana of the settings. Raises SettingsFault where it, the token or grafana-client is missing."""
    if settings.grafana_url is None:
        raise SettingsFault(
            "DRAAGVLAK_GRAFANA_URL: is not set; the address of Grafana, such as https://grafana.example"
        )
    token = read_secret(settings.grafana_token_file, "grafana_token_file").get_secret_value()
    try:
        import niquests  # type: ignore[import-not-found]  # noqa: PLC0415 - grafana-client's; see ADR 0003
        from grafana_client import GrafanaApi, TokenAuth  # type: ignore[import-not-found]  # noqa: PLC0415
        from grafana_client.client import GrafanaException  # type: ignore[import-not-found]  # noqa: PLC0415
    except ModuleNotFoundError:
        raise SettingsFault(
            "grafana-client is not installed here: it would replace the HTTP library under the services, so it has an "
            "environment of its own. `make grafana` sets it up; then run .venv-grafana/bin/draagvlak grafana …"
        ) from None
    api = GrafanaApi.from_url(settings.grafana_url.rstrip("/"), TokenAuth(token), timeout=_SECONDS)
    return Live(api, (GrafanaException, niquests.exceptions.RequestException))
