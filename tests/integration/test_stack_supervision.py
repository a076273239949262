"""One tree of processes that always ends clean, and says in a sentence what went wrong."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from sandbox.stack.process import Chore, ProcessSpec
from sandbox.stack.supervisor import Supervisor
from tests.low_ports import free_port_base

PROGRAM = Path(__file__).with_name("dummy_stack.py")
SECONDS = 90.0


def wait_for(condition: Callable[[], bool], what: str) -> None:
    give_up = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < give_up, f"waited {SECONDS} s in vain until {what}"
        time.sleep(0.02)


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


class Demo:
    """A supervisor as a process of its own, and what its dummies told."""

    def __init__(self, folder: Path, *arguments: str, base: int | None = None) -> None:
        self.base = base or free_port_base()
        self.folder = folder
        for told in (folder / "told").glob("*"):
            told.unlink()  # of a run before on the same folder
        self.process = subprocess.Popen(
            [sys.executable, str(PROGRAM), str(folder), str(self.base), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def wait_ready(self, name: str = "all-ready") -> None:
        def told() -> bool:
            assert self.process.poll() is None, self.process.communicate()
            return (self.folder / "told" / name).exists()

        wait_for(told, f"{name} was told")

    def pid(self, name: str) -> int:
        return int((self.folder / "told" / name).read_text())

    def tree(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def end(self) -> tuple[int, str, str]:
        out, err = self.process.communicate(timeout=SECONDS)
        return self.process.returncode, out, err


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Demo]]:
    """Starts demos; whatever they leave running is killed at the end."""
    demos: list[Demo] = []

    def make(*arguments: str, folder: Path | None = None, base: int | None = None) -> Demo:
        demos.append(Demo(folder or tmp_path / "state", *arguments, base=base))
        return demos[-1]

    yield make
    for demo in demos:
        if demo.process.poll() is None:
            left = demo.tree()
            demo.process.kill()
            demo.process.communicate()
            for process in left:
                with_suppressed_kill(process)


def with_suppressed_kill(process: psutil.Process) -> None:
    try:
        process.kill()
    except psutil.NoSuchProcess:
        return


@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_when_asked_to_end_all_end_in_reverse_order(start: Callable[..., Demo], asked: signal.Signals) -> None:
    demo = start("three")
    demo.wait_ready()
    tree = demo.tree()
    assert len(tree) == 6  # three dummies, each behind its launcher
    demo.process.send_signal(asked)
    code, out, err = demo.end()
    assert (code, err) == (0, "")
    assert (demo.folder / "told" / "ended").read_text().split() == ["third", "second", "first"]
    assert all(is_gone(process.pid) for process in tree)
    assert "memory of all processes together at its peak:" in out


def test_a_key_press_at_the_terminal_reaches_the_supervisor_alone(start: Callable[..., Demo]) -> None:
    demo = start("three")
    demo.wait_ready()
    os.killpg(demo.process.pid, signal.SIGINT)
    assert demo.end()[0] == 0
    assert (demo.folder / "told" / "ended").read_text().split() == ["third", "second", "first"]


def test_kill_9_of_the_supervisor_leaves_nothing_behind(start: Callable[..., Demo]) -> None:
    demo = start("stubborn")
    demo.wait_ready()
    pids = [process.pid for process in demo.tree()]
    assert demo.pid("below") in pids
    demo.process.kill()
    demo.process.communicate()
    wait_for(lambda: all(is_gone(pid) for pid in pids), "every process was gone")


def test_after_kill_9_a_kept_run_says_what_was_in_flight(start: Callable[..., Demo]) -> None:
    killed = start("three")
    killed.wait_ready()
    token = (killed.folder / "secrets" / "bot_token").read_text()
    killed.process.kill()
    killed.process.communicate()
    again = start("keep", "three")  # at once: it waits until the tree of the one before is gone
    again.wait_ready()
    assert (again.folder / "secrets" / "bot_token").read_text() == token
    again.process.terminate()
    code, out, _ = again.end()
    assert code == 0
    assert "did not end in order; its state was kept" in out
    assert "the broker keeps its records in memory: answers that were sent and not stored yet are lost" in out
    assert "wave 3 was open" in out

    orderly = start("keep", "three")
    orderly.wait_ready()
    orderly.process.terminate()
    assert "which ended in order" in orderly.end()[1]


def test_a_run_waits_until_the_tree_of_the_one_before_is_gone(start: Callable[..., Demo]) -> None:
    killed = start("stubborn")
    killed.wait_ready()
    pids = [process.pid for process in killed.tree()]
    killed.process.kill()
    killed.process.communicate()
    start("three").wait_ready("first")
    assert all(is_gone(pid) for pid in pids)


def test_a_fresh_run_starts_with_nothing_of_the_one_before(start: Callable[..., Demo]) -> None:
    first = start("three")
    first.wait_ready()
    token = (first.folder / "secrets" / "bot_token").read_text()
    (first.folder / "store").mkdir()
    first.process.terminate()
    first.end()
    second = start("three")
    second.wait_ready()
    assert (second.folder / "secrets" / "bot_token").read_text() != token
    assert not (second.folder / "store").exists()


def test_a_crash_of_a_child_ends_all_and_names_it(start: Callable[..., Demo]) -> None:
    demo = start("crash")
    code, _, err = demo.end()
    log = demo.folder / "logs" / "crasher.log"
    assert code == 1
    assert err == f"crasher ended with exit code 1: ValueError: the wheel came off (log: {log})\n"
    assert is_gone(demo.pid("first"))
    assert '"ended_clean": false' in (demo.folder / "run.json").read_text()


def test_a_child_that_is_killed_is_named_with_the_signal(start: Callable[..., Demo]) -> None:
    demo = start("three")
    demo.wait_ready()
    os.kill(demo.pid("second"), signal.SIGKILL)
    code, _, err = demo.end()
    assert code == 1
    assert err.startswith("second ended with exit code 137: ")
    assert is_gone(demo.pid("first"))
    assert is_gone(demo.pid("third"))


def test_kill_9_of_a_launcher_ends_its_child_and_the_rest(start: Callable[..., Demo]) -> None:
    demo = start("three")
    demo.wait_ready()
    child = demo.pid("second")
    psutil.Process(child).parent().kill()
    code, _, err = demo.end()
    assert code == 1
    assert err.startswith("second ended with exit code 137: ")
    wait_for(lambda: is_gone(child), "the child of the killed launcher was gone")


def test_a_step_that_fails_stops_the_start(start: Callable[..., Demo]) -> None:
    demo = start("fail")
    code, _, err = demo.end()
    assert code == 1
    assert err.startswith("once ended with exit code 1: the tables cannot be made (log: ")
    assert not (demo.folder / "told" / "never").exists()
    assert is_gone(demo.pid("first"))


def test_what_a_chore_makes_is_there_when_a_process_starts_that_needs_it(start: Callable[..., Demo]) -> None:
    demo = start("staged")
    demo.wait_ready()
    demo.process.terminate()
    assert demo.end()[0] == 0
    assert (demo.folder / "told" / "began").read_text().split() == ["first", "actor"]


def test_others_start_while_a_chore_is_under_way(start: Callable[..., Demo]) -> None:
    demo = start("stage hangs")
    demo.wait_ready("first")
    demo.wait_ready("preparing")
    assert not (demo.folder / "told" / "actor").exists()


@pytest.mark.parametrize("plan", ["stage hangs", "getting ready hangs"])
def test_asked_to_end_during_a_chore_all_end(start: Callable[..., Demo], plan: str) -> None:
    demo = start(plan)
    demo.wait_ready("first")
    tree = demo.tree()
    demo.process.send_signal(signal.SIGINT)
    code, _, err = demo.end()
    assert (code, err) == (0, "")
    assert (demo.folder / "told" / "ended").read_text().split() == ["first"]
    assert all(is_gone(process.pid) for process in tree)


@pytest.mark.parametrize(
    ("plan", "said"), [("stage fails", "the stage broke"), ("getting ready fails", "the story is away")]
)
def test_a_chore_that_fails_ends_all_and_says_why(start: Callable[..., Demo], plan: str, said: str) -> None:
    demo = start(plan)
    code, _, err = demo.end()
    assert (code, err) == (1, f"{said}\n")
    assert not (demo.folder / "told" / "actor").exists()
    assert '"ended_clean": false' in (demo.folder / "run.json").read_text()


def test_a_disk_that_is_full_by_then_ends_all_and_says_so(start: Callable[..., Demo]) -> None:
    demo = start("disk full")
    code, _, err = demo.end()
    assert code == 1
    assert err.startswith(f"The disk of {demo.folder} is full: free some space")
    assert err.count("\n") == 1
    assert '"ended_clean": false' in (demo.folder / "run.json").read_text()


def test_the_work_waits_for_what_gets_ready_and_not_for_what_is_under_way(start: Callable[..., Demo]) -> None:
    ready = start("getting ready")
    ready.wait_ready()
    assert (ready.folder / "told" / "got-ready").exists()
    ready.process.terminate()
    assert ready.end()[0] == 0
    start("getting ready hangs").wait_ready()


def test_a_process_comes_after_one_that_is_declared_below_it_and_ends_after_it(start: Callable[..., Demo]) -> None:
    demo = start("after")
    demo.wait_ready("waiting")
    assert len(demo.tree()) == 2  # the one below and its launcher: in its declared order it would be the last to start
    (demo.folder / "told" / "go").touch()
    demo.wait_ready()
    demo.process.terminate()
    assert demo.end()[0] == 0
    assert (demo.folder / "told" / "began").read_text().split() == ["other", "writer", "reader"]
    assert (demo.folder / "told" / "ended").read_text().split() == ["other", "writer", "reader"]


def test_work_begins_when_what_it_needs_is_ready_while_others_still_start(start: Callable[..., Demo]) -> None:
    demo = start("late")  # ready only once the work is done
    demo.wait_ready("late")
    demo.process.terminate()
    assert demo.end()[0] == 0
    assert (demo.folder / "told" / "ended").read_text().split() == ["late", "first"]


def test_when_its_work_is_done_a_run_ends_without_waiting_for_others(start: Callable[..., Demo]) -> None:
    demo = start("late, once")
    code, _, err = demo.end()
    assert (code, err) == (0, "")
    assert is_gone(demo.pid("first"))


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ("late crash", "late ended with exit code 1: ValueError: the late wheel came off (log: "),
        ("late never", "late was not ready within 1 seconds (log: "),
    ],
)
def test_a_process_that_fails_beside_the_work_ends_all_and_is_named(
    start: Callable[..., Demo], plan: str, said: str
) -> None:
    demo = start(plan)
    code, _, err = demo.end()
    assert code == 1
    assert err.startswith(said)
    assert (demo.folder / "told" / "worked").exists()
    assert is_gone(demo.pid("first"))


def spec(name: str, *, needs: tuple[str, ...] = (), after: tuple[str, ...] = ()) -> ProcessSpec:
    return ProcessSpec(name, (sys.executable, "-c", "pass"), needs=needs, after=after)


def chore(name: str, *, needs: tuple[str, ...] = ()) -> Chore:
    return Chore(name, lambda: None, needs)


@pytest.mark.parametrize(
    ("specs", "chores", "said"),
    [
        ((spec("a", after=("b",)), spec("b", after=("a",))), (), "in a circle: "),
        ((spec("a", after=("b",)), spec("b", needs=("a",))), (), "in a circle: "),
        ((spec("a", needs=("c",)),), (chore("c", needs=("a",)),), "in a circle: "),
        ((), (chore("c", needs=("d",)), chore("d", needs=("c",))), "in a circle: "),
        ((spec("a", needs=("b",)), spec("b")), (), "a needs b, which is not declared before it"),
        ((spec("a", after=("b",)),), (), "a waits for b, which is not declared"),
        ((), (chore("c", needs=("b",)),), "c waits for b, which is not declared"),
    ],
)
def test_a_plan_that_would_wait_for_ever_is_refused(
    tmp_path: Path, specs: tuple[ProcessSpec, ...], chores: tuple[Chore, ...], said: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        Supervisor(specs, tmp_path, lambda _: None, chores=chores)


def test_what_is_not_declared_cannot_be_awaited(tmp_path: Path) -> None:
    supervisor = Supervisor((spec("a"),), tmp_path, lambda _: None)
    with pytest.raises(ValueError, match="the start waits for b, which is not declared"):
        supervisor.start(awaited=("b",))
    assert supervisor.pids() == {}


def test_a_child_that_will_not_end_is_killed_with_what_it_started(start: Callable[..., Demo]) -> None:
    demo = start("stubborn")
    demo.wait_ready()
    below = demo.pid("below")
    demo.process.terminate()
    code, out, _ = demo.end()
    assert code == 0
    assert "stubborn did not end when asked and was killed" in out
    assert is_gone(below)


def test_a_taken_port_is_said_with_the_mend(start: Callable[..., Demo]) -> None:
    base = free_port_base()
    with socket.create_server(("127.0.0.1", base + 2)):
        code, _, err = start("three", base=base).end()
    assert code == 1
    assert err == (
        f"Port {base + 2} is taken (metrics API). Stop what uses it, "
        f"or run DRAAGVLAK_PORT_BASE={base + 1000 if base + 1000 < 60_000 else 8600} make demo.\n"
    )


def test_a_second_run_on_the_same_state_is_refused(start: Callable[..., Demo]) -> None:
    first = start("three")
    first.wait_ready()
    child = first.pid("first")
    code, _, err = start("three").end()
    assert code == 1
    assert err.startswith(f"A sandbox already runs on {first.folder} (process {first.process.pid}, since ")
    assert first.process.poll() is None
    assert not is_gone(child)


def test_a_folder_of_other_files_is_left_alone(start: Callable[..., Demo], tmp_path: Path) -> None:
    folder = tmp_path / "precious"
    folder.mkdir()
    (folder / "letter.txt").write_text("dear")
    code, _, err = start("three", folder=folder).end()
    assert code == 1
    assert err.startswith(f"{folder} holds files that are not the sandbox's: ")
    assert (folder / "letter.txt").read_text() == "dear"


def test_secrets_are_for_their_owner_alone(start: Callable[..., Demo]) -> None:
    demo = start("three")
    demo.wait_ready()
    files = list((demo.folder / "secrets").iterdir())
    assert {path.name for path in files} >= {"signing_secret", "bot_token", "access_key", "tokens.yaml"}
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert (demo.folder / "secrets").stat().st_mode & 0o777 == 0o700
