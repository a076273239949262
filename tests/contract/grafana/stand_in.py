"""A stand-in for Grafana's HTTP API on a loopback port: what it was asked is recorded, and what it was told it keeps.

Queries are answered by the plugin's algorithm on the released story. Answers have the shape of Grafana 13's.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from grafana.plugin.frames import Frame
from grafana.plugin.framing import Unlike
from tests.contract.grafana.organisations import Organisation

TOKEN = "glsa_stand_in"


@dataclass
class StandIn:
    """Its state; tests look at it and spoil it."""

    organisation: Organisation
    version: str = "13.2.0"
    anonymous: bool = False
    sources: dict[str, dict[str, Any]] = field(default_factory=dict)
    folders: dict[str, dict[str, Any]] = field(default_factory=dict)
    permissions: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    dashboards: dict[str, dict[str, Any]] = field(default_factory=dict)
    groups: dict[str, dict[str, Any]] = field(default_factory=dict)
    leaking: bool = False
    asked: list[tuple[str, str]] = field(default_factory=list)

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        """Status and content."""
        self.asked.append((method, path))
        match (method, path.strip("/").split("/")[1:]):
            case ("GET", ["health"]):
                return 200, {"database": "ok", "version": self.version, "commit": "0"}
            case ("GET", ["frontend", "settings"]):
                return 200, {"anonymousEnabled": self.anonymous, "publicDashboardsEnabled": False}
            case ("GET", ["datasources", "uid", uid]):
                return self._kept(self.sources, uid)
            case ("POST", ["datasources"]) | ("PUT", ["datasources", "uid", _]):
                secrets = body.pop("secureJsonData", {})
                self.sources[body["uid"]] = body | {"secureJsonFields": dict.fromkeys(secrets, True)}
                return 200, {"message": "Datasource added", "datasource": self.sources[body["uid"]]}
            case ("GET", ["datasources", "uid", uid, "health"]):
                return (
                    (200, {"status": "OK", "message": "works"}) if uid in self.sources else (404, {"message": "gone"})
                )
            case ("GET", ["folders", uid]):
                return self._kept(self.folders, uid)
            case ("POST", ["folders"]):
                self.folders[body["uid"]] = body
                return 200, body
            case ("POST", ["folders", uid, "permissions"]):
                self.permissions[uid] = body["items"]
                return 200, {"message": "Folder permissions updated"}
            case ("GET", ["dashboards", "uid", uid]):
                return self._kept(self.dashboards, uid)
            case ("POST", ["dashboards", "db"]):
                assert body["folderUid"] in self.folders
                self.dashboards[body["dashboard"]["uid"]] = {"dashboard": body["dashboard"], "meta": {}}
                return 200, {"status": "success", "uid": body["dashboard"]["uid"]}
            case ("PUT", ["v1", "provisioning", "folder", folder, "rule-groups", name]):
                assert folder in self.folders
                self.groups[name] = body
                return 200, body
            case ("GET", ["v1", "provisioning", "alert-rules"]):
                return 200, [rule for group in self.groups.values() for rule in group["rules"]]
            case ("POST", ["ds", "query"]):
                return self._query(body)
        return 404, {"message": f"the stand-in knows no {method} {path}"}

    @staticmethod
    def _kept(found: dict[str, dict[str, Any]], uid: str) -> tuple[int, Any]:
        return (200, found[uid]) if uid in found else (404, {"message": "not found"})

    def _query(self, body: Any) -> tuple[int, Any]:
        (query,) = body["queries"]
        one = self.organisation
        try:
            frame = one.source.run(query, {}, one.period).frame
        except Unlike as unlike:
            return 200, {"results": {query["refId"]: {"status": 400, "error": str(unlike), "frames": []}}}
        return 200, {"results": {query["refId"]: {"status": 200, "frames": [_sent(frame, leaking=self.leaking)]}}}


def _sent(frame: Frame, *, leaking: bool) -> dict[str, Any]:
    """The frame as Grafana sends it; a leaking one shows a number where there is none."""
    values = [
        [value.timestamp() * 1000 if isinstance(value, datetime) else value for value in one.values]
        for one in frame.fields
    ]
    if leaking:
        for one, column in zip(frame.fields, values, strict=True):
            if one.name == "score":
                column[:] = [12.0 if value is None else value for value in column]
    fields = [{"name": one.name, "type": one.kind, "labels": dict(one.labels)} for one in frame.fields]
    return {"schema": {"fields": fields}, "data": {"values": values}}


@contextmanager
def listening(state: StandIn) -> Iterator[str]:
    """Serve until the end of the block; gives the address."""

    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                status, content = 401, {"message": "Invalid API key"}
            else:
                status, content = state.answer(self.command, self.path.partition("?")[0], body)
            sent = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def do_GET(self) -> None:
            self._do()

        def do_POST(self) -> None:
            self._do()

        def do_PUT(self) -> None:
            self._do()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
