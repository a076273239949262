"""Running the queries of a dashboard or a rule against the API, as Grafana would through the plugin."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from grafana.names import INFINITY
from grafana.plugin.filling import Choice, Period, filled
from grafana.plugin.frames import Frame
from grafana.plugin.framing import Unlike, frame_of, wide


class Response(Protocol):
    """What is read of an HTTP answer."""

    @property
    def status_code(self) -> int: ...

    @property
    def content(self) -> bytes: ...

    def json(self) -> Any: ...


class Http(Protocol):
    """An HTTP client: `httpx.Client`, or the test client of FastAPI."""

    def get(self, url: str, *, params: Any, headers: Any) -> Response: ...


@dataclass(frozen=True)
class Source:
    """The data source as it is provisioned: where the API is, what may be asked, and the token."""

    http: Http
    url: str
    allowed: tuple[str, ...]
    token: str

    def ask(self, query: Mapping[str, Any], chosen: Mapping[str, Choice], period: Period) -> object:
        """The JSON of the answer. Raises Unlike for what the plugin would show as an error."""
        if (query["type"], query["source"], query["parser"]) != ("json", "url", "backend"):
            raise Unlike("the query is not one of JSON from a URL with the backend's parser")
        if query["url_options"]["method"] != "GET" or query["root_selector"]:
            raise Unlike("the query is no plain GET of rows")
        address = query["url"] if query["url"].startswith(self.url) else self.url + query["url"]
        if not any(address.startswith(host) for host in self.allowed):
            raise Unlike(f"{address} is not among the allowed hosts")
        answer = self.http.get(
            address,
            params=filled(query, chosen, period),
            headers={"Authorization": f"Bearer {self.token}", "Accept": "application/json;q=0.9,text/plain"},
        )
        if answer.status_code != 200:
            raise Unlike(
                f"{query['url']} answers {answer.status_code}: {answer.content[:300].decode(errors='replace')}"
            )
        if not answer.content.strip():
            raise Unlike(f"{query['url']} answers with an empty body")
        return answer.json()

    def run(self, query: Mapping[str, Any], chosen: Mapping[str, Choice], period: Period) -> "Result":
        """The answer and its frame. Raises Unlike."""
        rows = self.ask(query, chosen, period)
        frame = frame_of(rows, query["columns"], query["refId"])
        return Result(rows, wide(frame) if query["format"] == "timeseries" else frame)


@dataclass(frozen=True)
class Result:
    """The rows of an answer and the frame that a panel gets."""

    rows: Any
    frame: Frame


def missing(query: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Columns of a query that some row does not have. The plugin would show nulls, and nobody would notice."""
    return [one["selector"] for one in query["columns"] if any(one["selector"] not in row for row in rows)]


def targets(content: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Every panel of a dashboard with each of its queries of the API."""
    for panel in content["panels"]:
        for target in panel.get("targets", ()):
            if target["datasource"]["type"] == INFINITY:
                yield panel, target


def choices(content: Mapping[str, Any], source: Source, period: Period) -> dict[str, Choice]:
    """What is chosen when a dashboard opens: its own default, else the first of what the API offers."""
    chosen: dict[str, Choice] = {}
    for variable in content["templating"]["list"]:
        current = variable.get("current") or {}
        if current.get("value"):
            chosen[variable["name"]] = Choice(current["text"], current["value"])
            continue
        offered = options(variable, source, period)
        if offered:
            chosen[variable["name"]] = offered[0]
    return chosen


def options(variable: Mapping[str, Any], source: Source, period: Period) -> list[Choice]:
    """What a variable offers."""
    frame = source.run(variable["query"]["infinityQuery"], {}, period).frame
    shown, values = frame.named("__text"), frame.named("__value")
    if shown is None or values is None:
        return []
    return [Choice(str(text), str(value)) for text, value in zip(shown.values, values.values, strict=True)]
