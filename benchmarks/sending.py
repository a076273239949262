"""Sending at Slack's rate: how close a wave's invitations come to what the workspace allows, in wall time.

``python -m benchmarks.sending`` starts the sandbox with its rate limits on, ``--scale`` times as wide as Slack's 300
messages a minute (10: 2,000 invitations in 40 s; 1: in 7 minutes), and opens a wave. Exit code 1 below 95 % of the
rate, or when somebody was not invited.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

import httpx

from benchmarks.results import keep
from sandbox.stack.plan import processes
from sandbox.stack.ports import Ports, url
from sandbox.stack.process import ProcessSpec
from sandbox.stack.running import Options, Stack, running
from sandbox.stack.secret_files import Caller, SecretFiles
from sandbox.stack.state import StateFolder
from sandbox.story.generated import generated
from sandbox.story.organisation import Organisation, build
from sandbox.story.stage import set_stage, start_clock
from services.pulse_bot.ledger import invitations
from services.pulse_bot.ledger.models import DeliveryState
from services.pulse_bot.ledger.store import Ledger
from services.pulse_bot.settings import LedgerSettings

SEED: Final = 5
PER_MINUTE: Final = 300
GOAL: Final = 0.95


def limited(scale: float) -> object:
    """The sandbox's processes, with the limits of Slack on and the bot paced to them."""

    def plan(ports: Ports, state: StateFolder, secrets: SecretFiles) -> Sequence[ProcessSpec]:
        changes = {
            "workspace": {"DRAAGVLAK_SANDBOX_RATE_SCALE": str(scale)},
            "bot": {"DRAAGVLAK_SEND_PER_MINUTE": str(round(PER_MINUTE * scale))},
        }
        return [
            replace(spec, environment={**spec.environment, **changes.get(spec.name, {})})
            for spec in processes(ports, state, secrets)
        ]

    return plan


def measure(stack: Stack, organisation: Organisation) -> tuple[float, int]:
    """Messages a minute from the first tenth to the last, and how many people got one."""
    campaign = organisation.plan.campaign
    token = stack.secrets.token(Caller.STORY).read_text().strip()
    moment = (campaign.schedule.opens_at(1) + timedelta(hours=6)).isoformat()
    httpx.post(
        url(stack.ports.workspace, "/clock"),
        json={"now": moment},
        headers={"Authorization": f"Bearer {token}"},
        timeout=30,
    ).raise_for_status()
    people = len(organisation.people)
    ledger = Ledger(LedgerSettings(state=stack.state.path).ledger_address)
    try:
        seen: list[tuple[float, int]] = []
        while not seen or seen[-1][1] < people:
            counts = ledger.read_now(lambda c: invitations.delivery_counts(c, campaign.wave_id(1)))
            seen.append((time.monotonic(), counts.get(DeliveryState.SENT, 0)))
            if sys.stdout.isatty():
                print(f"\r{seen[-1][1]} of {people}", end="", flush=True)
            time.sleep(0.2)
            if len(seen) > 50 and seen[-50][1] == seen[-1][1] > 0:
                break  # nothing more goes out: whoever is left sleeps in another time zone
    finally:
        ledger.close()
    print()
    first = next(entry for entry in seen if entry[1] >= people / 10)
    last = next(entry for entry in seen if entry[1] == seen[-1][1])
    return (last[1] - first[1]) / (last[0] - first[0]) * 60, last[1]


def main() -> int:
    """The benchmark as a command."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--people", type=int, default=2000)
    options.add_argument("--scale", type=float, default=10.0)
    options.add_argument("--port-base", type=int, default=8850)
    chosen = options.parse_args()
    organisation = build(generated(chosen.people, SEED, waves=1), SEED)

    def prepare(state: StateFolder) -> None:
        start_clock(set_stage(organisation, state.path), state.workspace)

    with tempfile.TemporaryDirectory(prefix="draagvlak-benchmark-") as folder:
        path = Path(folder) / "state"
        plan = limited(chosen.scale)
        with running(Options(path=path, base=chosen.port_base, say=print, prepare=prepare, plan=plan)) as stack:  # type: ignore[arg-type]
            rate, sent = measure(stack, organisation)
    allowed = PER_MINUTE * chosen.scale
    print(f"{sent} invitations, {rate:.0f} a minute of {allowed:.0f} allowed: {rate / allowed:.1%}")
    keep("sending", {"people": chosen.people, "allowed_per_minute": allowed, "per_minute": rate, "sent": sent})
    return 1 if rate < GOAL * allowed or sent < chosen.people else 0


if __name__ == "__main__":
    sys.exit(main())
