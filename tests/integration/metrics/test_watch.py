"""`draagvlak release watch` and `draagvlak release WAVE`, as an operator sees them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
import structlog
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import OperationalError
from prometheus_client import REGISTRY, generate_latest

from sandbox.processes.ports import free_port
from sandbox.store import StoreAddress
from services.metrics.release import storing
from services.metrics.release.watch import Watch
from services.metrics.released.documents import Document
from services.runtime.metric_names.kinds import Service
from services.runtime.tracing.context import of_wave
from tests.collector import traced
from tests.integration.metrics.conftest import connected
from tests.integration.metrics.waves import StoredWave
from tests.obstacles import obstacle

OpenWave = Callable[..., StoredWave]


class CampaignTime:
    def now(self) -> datetime:
        return datetime(2026, 2, 1, tzinfo=UTC)


@pytest.fixture
def watch(store: StoreAddress) -> Watch:
    return Watch(lambda: connected(store, "release"), CampaignTime(), interval=0.05, patience=0, obstacle=obstacle())


def held(reason: str) -> float:
    return REGISTRY.get_sample_value("draagvlak_release_waves_held", {"reason": reason}) or 0


def test_a_closed_wave_is_released_and_an_open_one_is_not(
    watch: Watch, open_wave: OpenWave, release_role: Client
) -> None:
    closed, still_open = open_wave(1), open_wave(2)
    closed.run()
    still_open.answer(still_open.ballots())
    watch.round()
    assert storing.stored(release_role, closed.wave_id) is not None
    assert storing.stored(release_role, still_open.wave_id) is None


def cells(shown: str) -> float:
    return REGISTRY.get_sample_value("draagvlak_release_cells_total", {"shown": shown}) or 0


def test_a_release_tells_how_many_cells_it_hides_and_never_which(
    watch: Watch, open_wave: OpenWave, release_role: Client
) -> None:
    wave = open_wave(1)
    wave.run()
    before = cells("yes"), cells("no"), REGISTRY.get_sample_value("draagvlak_release_seconds_count") or 0
    watch.round()
    stored = storing.stored(release_role, wave.wave_id)
    assert stored is not None
    document = Document.model_validate_json(stored.content)
    shown = [cell.status == "shown" for cell in (*document.cells, *document.window_cells)]
    assert shown
    assert (cells("yes"), cells("no")) == (before[0] + sum(shown), before[1] + len(shown) - sum(shown))
    assert REGISTRY.get_sample_value("draagvlak_release_seconds_count") == before[2] + 1
    watch.round()
    assert cells("yes") + cells("no") == before[0] + before[1] + len(shown), "a release is counted once"
    told = generate_latest(REGISTRY).decode()
    assert wave.wave_id not in told


def test_a_release_is_in_the_trace_of_its_wave_and_a_held_one_leaves_no_span(watch: Watch, open_wave: OpenWave) -> None:
    held_back, well = open_wave(1), open_wave(2)
    held_back.answer(held_back.ballots())
    held_back.close()
    well.run()
    root = of_wave(well.wave_id)
    with traced(Service.RELEASE) as (tracer, collector):
        watch.round()
        tracer.flush()
    mine = [span for span in collector.spans if span.trace_id == f"{root.trace_id:032x}"]
    assert [span.name.rpartition(".")[2] for span in sorted(mine, key=lambda span: span.began)] == [
        "rewrite",
        "compute",
        "store",
    ]
    assert {span.parent for span in mine} == {f"{root.span_id:016x}"}
    waiting = of_wave(held_back.wave_id)
    assert not any(span.trace_id == f"{waiting.trace_id:032x}" for span in collector.spans), "it looks every second"


def test_a_held_wave_is_an_alert_once_and_is_released_when_the_cause_is_gone(
    watch: Watch, open_wave: OpenWave, release_role: Client
) -> None:
    stuck, well = open_wave(1), open_wave(2)
    stuck.answer(stuck.ballots())
    stuck.mark_ends(but=("pulse.answers.v1", 3))
    stuck.close()
    well.run()
    before = held("markers_missing")
    with structlog.testing.capture_logs() as logged:
        watch.round()
        watch.round()
    alerts = [
        line for line in logged if line["event"] == "a closed wave is held back" and line["wave"] == stuck.wave_id
    ]
    assert [line["detail"] for line in alerts] == ["no wave.end yet from pulse.answers.v1/3"]
    assert held("markers_missing") >= 1
    assert storing.stored(release_role, well.wave_id) is not None, "a held wave holds no other"
    stuck.mark_ends()
    watch.round()
    assert storing.stored(release_role, stuck.wave_id) is not None
    assert held("markers_missing") <= before


def test_no_log_line_of_a_release_has_an_answer_or_a_ballot(
    watch: Watch, open_wave: OpenWave, release_role: Client
) -> None:
    wave = open_wave()
    wave.run()
    with structlog.testing.capture_logs() as logged:
        watch.round()
    told = str([line for line in logged if line.get("wave") == wave.wave_id])
    assert "wave released" in told
    assert not any(ballot.ballot_id in told for ballot in wave.ballots())
    assert not any(team in told for team in wave.teams)


def test_a_store_that_is_away_is_said_and_survived(store: StoreAddress, open_wave: OpenWave) -> None:
    away = True

    def connect() -> Client:
        if away:
            raise OperationalError("connection refused")
        return connected(store, "release")

    watch = Watch(connect, CampaignTime(), interval=0.01, patience=0, obstacle=obstacle())
    watch._attempt()
    assert watch.ready() is not None
    while "refused" not in (watch.ready() or ""):
        time.sleep(0.01)
    assert watch.live() is None
    away = False
    watch._attempt()
    assert watch.ready() is None


# --- the command line -------------------------------------------------------------------------------------------------


def environment(store: StoreAddress, folder: Path, **more: str) -> dict[str, str]:
    password = folder / "password"
    password.write_text(store.passwords["release"], encoding="utf-8")
    return os.environ | {
        "DRAAGVLAK_CLICKHOUSE_PORT": str(store.port),
        "DRAAGVLAK_CLICKHOUSE_USER": "release",
        "DRAAGVLAK_CLICKHOUSE_PASSWORD_FILE": str(password),
        **more,
    }


def draagvlak(*words: str) -> list[str]:
    return [sys.executable, "-m", "services.command_line", *words]


@contextmanager
def running_watch(store: StoreAddress, folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    port = free_port()
    variables = environment(store, folder, DRAAGVLAK_RELEASE_PORT=str(port), DRAAGVLAK_RELEASE_INTERVAL_SECONDS="0.05")
    with (folder / "watch.log").open("ab") as log:
        process = subprocess.Popen(draagvlak("release", "watch"), env=variables, stderr=log, stdout=log)
        try:
            yield process, port
        finally:
            process.kill()
            process.wait()


def until(condition: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 120
    while not condition():
        assert process.poll() is None, "the watch ended"
        assert time.monotonic() < end, "it did not happen within 120 s"
        time.sleep(0.05)


def healthy(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz/ready", timeout=30).status_code == 200
    except httpx.HTTPError:
        return False


def test_the_watch_lives_releases_and_ends_when_told(
    store: StoreAddress, tmp_path: Path, open_wave: OpenWave, release_role: Client
) -> None:
    with running_watch(store, tmp_path) as (process, port):
        until(lambda: healthy(port), process)
        wave = open_wave()
        wave.run()
        until(lambda: storing.stored(release_role, wave.wave_id) is not None, process)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=90) in (0, -signal.SIGTERM)


def test_killed_again_and_again_the_watch_still_releases_each_wave_once(
    store: StoreAddress, tmp_path: Path, open_wave: OpenWave, release_role: Client
) -> None:
    """SIGKILL as soon as a wave's originals begin to go; what is started next finishes it."""
    waves = [open_wave(number) for number in range(1, 4)]
    for wave in waves:
        wave.run()
    hashes: dict[str, set[str]] = {wave.wave_id: set() for wave in waves}
    for _ in range(3):
        with running_watch(store, tmp_path) as (process, _):
            known = sum(storing.stored(release_role, wave.wave_id) is not None for wave in waves)
            until(
                lambda known=known: (
                    sum(storing.stored(release_role, wave.wave_id) is not None for wave in waves) > known  # type: ignore[misc]
                    or known == len(waves)
                ),
                process,
            )
            process.kill()
        for wave in waves:
            if (published := storing.stored(release_role, wave.wave_id)) is not None:
                hashes[wave.wave_id].add(published.sha256)
    assert {wave: len(found) for wave, found in hashes.items()} == dict.fromkeys(hashes, 1)


def test_the_command_refuses_an_open_wave_and_releases_a_closed_one_once(
    store: StoreAddress, tmp_path: Path, open_wave: OpenWave
) -> None:
    wave = open_wave()
    variables = environment(store, tmp_path)

    def command(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            draagvlak("release", *words), env=variables, capture_output=True, text=True, check=False, timeout=240
        )

    refused = command(wave.wave_id)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert f"wave {wave.wave_id} is still open" in refused.stderr
    wave.run()
    dry = command(wave.wave_id, "--dry-run")
    assert (dry.returncode, dry.stdout) == (0, f"wave {wave.wave_id}: 3 nodes shown, 2 hidden\n")
    first, second = command(wave.wave_id), command(wave.wave_id)
    assert first.returncode == 0
    assert first.stdout.startswith(f"wave {wave.wave_id} is released, sha256 ")
    assert second.stdout == first.stdout
    assert command("watch", "--dry-run").returncode == 2


def test_the_metrics_api_does_not_listen_without_tokens(store: StoreAddress, tmp_path: Path) -> None:
    refused = subprocess.run(
        draagvlak("metrics"),
        env=environment(store, tmp_path, DRAAGVLAK_METRICS_PORT=str(free_port())),
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert refused.returncode == 2
    assert "DRAAGVLAK_TOKENS_FILE" in refused.stderr


def test_the_metrics_api_serves_until_told_to_stop(store: StoreAddress, tmp_path: Path) -> None:
    (tmp_path / "tokens.yaml").write_text(
        f"- {{name: reader, sha256: {sha256(b'secret').hexdigest()}, scopes: [metrics:read]}}\n", encoding="utf-8"
    )
    port = free_port()
    more = {"DRAAGVLAK_METRICS_PORT": str(port), "DRAAGVLAK_TOKENS_FILE": str(tmp_path / "tokens.yaml")}
    variables = environment(store, tmp_path, **more)
    with subprocess.Popen(draagvlak("metrics"), env=variables, stderr=subprocess.DEVNULL) as process:
        try:
            until(lambda: healthy(port), process)
            address = f"http://127.0.0.1:{port}/v1/waves"
            assert httpx.get(address, timeout=60).status_code == 401
            assert httpx.get(address, headers={"Authorization": "Bearer secret"}, timeout=60).status_code == 200
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=90) in (0, -signal.SIGTERM)
        finally:
            process.kill()
