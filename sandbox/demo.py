"""The demo: the sandbox with the story of a care organisation of 120 people played in it."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

from pydantic import Field
from rich.console import Console

from sandbox.processes.ports import LOOPBACK
from sandbox.stack import grafana
from sandbox.stack.browser import has_desktop, open_in_browser
from sandbox.stack.demo import play
from sandbox.stack.plan import processes
from sandbox.stack.ports import url
from sandbox.stack.running import Options, Stack, WorkFailed
from sandbox.stack.secret_files import Caller
from sandbox.stack.state import StateFolder
from sandbox.story import driver
from sandbox.story.faults import StoryFault
from sandbox.story.outcome import Outcome
from sandbox.story.simulation import Simulation
from sandbox.story.stage import set_stage, start_clock
from services.runtime.settings import KafkaSettings, RuntimeSettings, load

_FOR_THE_VISITOR = 5
"""Waves after those of the story. The first is opened, answered by some, and left for a visitor to answer and to close;
the others are planned and wait for a champion's approval."""


class DemoSettings(RuntimeSettings):
    """Where the demo keeps its state, and its ports."""

    port_base: int = Field(default=8600, ge=1024, le=65_500)


def run_demo(*, once: bool, keep: bool, seed: int) -> int:
    """Run the sandbox and its story. Gives the exit code. Raises SettingsFault."""
    settings = load(DemoSettings)
    console, errors = (Console(highlight=False, stderr=stderr) for stderr in (False, True))
    simulation = driver.simulation_of(seed, more_waves=0 if once else _FOR_THE_VISITOR)

    def prepare(state: StateFolder) -> None:
        if keep and state.campaign_file.exists():
            return
        start_clock(set_stage(simulation.organisation, state.path), state.workspace)

    def work(stack: Stack) -> None:
        if not keep:
            outcome = _play(stack, simulation, console, visitor=not once)
        if not once:
            _invite(stack, console, simulation, round_open=not keep)
            _accompany(stack, simulation, complain, None if keep else outcome.opened)

    say = partial(console.print, markup=False, soft_wrap=True)
    complain = partial(errors.print, markup=False, soft_wrap=True)
    waves = simulation.organisation.plan.campaign.schedule.waves
    options = Options(
        path=settings.state,
        base=settings.port_base,
        say=say,
        keep=keep,
        once=once,
        prepare=prepare,
        work=work,
        facts=(_in_flight,),
        plan=partial(processes, approved=waves if once else waves - _FOR_THE_VISITOR + 1),
    )
    return play(options, complain)


def _in_flight(stack: Stack) -> Iterator[str]:
    from sandbox.stack.in_flight import waves_in_flight  # noqa: PLC0415 - only where a state was kept

    return waves_in_flight(stack)


def addresses_of(stack: Stack) -> tuple[driver.Addresses, driver.Secrets]:
    """Where a sandbox that runs is reached, and what opens it."""
    addresses = driver.Addresses(
        url(stack.ports.workspace),
        url(stack.ports.metrics),
        KafkaSettings(kafka_bootstrap=f"{LOOPBACK}:{stack.ports.broker}"),
    )
    secrets = driver.Secrets(
        stack.secrets.access_key.read_text(encoding="utf-8").strip(),
        stack.secrets.token(Caller.STORY).read_text(encoding="utf-8").strip(),
    )
    return addresses, secrets


def _accompany(
    stack: Stack, simulation: Simulation, complain: Callable[[str], None], opened: tuple[int, int] | None
) -> None:
    """Let the simulated people answer in the rounds that the visitor opens, for as long as the demo runs."""
    from sandbox.stack.rounds import rounds_of  # noqa: PLC0415 - slow to load: not before the visitor can begin

    with rounds_of(stack.state.path, simulation.organisation.plan.campaign.id) as rounds:
        driver.accompany(*addresses_of(stack), simulation, rounds, complain, opened=opened)


def _play(stack: Stack, simulation: Simulation, console: Console, *, visitor: bool) -> Outcome:
    waves = simulation.organisation.plan.campaign.schedule.waves
    played, then_open = (waves - _FOR_THE_VISITOR, waves - _FOR_THE_VISITOR + 1) if visitor else (waves, None)
    try:
        return driver.play(
            *addresses_of(stack),
            simulation=simulation,
            waves=range(1, played + 1),
            then_open=then_open,
            console=console,
        )
    except StoryFault as fault:
        raise WorkFailed(f"The story came to a halt: {fault}") from fault


def _invite(stack: Stack, console: Console, simulation: Simulation, *, round_open: bool) -> None:
    key = stack.secrets.access_key.read_text(encoding="utf-8").strip()
    say = partial(console.print, markup=False, soft_wrap=True)
    if round_open:
        say("\nA round is open, and some people have answered.")
    say(
        f"\nOpen {url(stack.ports.workspace, f'/?key={key}')}\n"
        "  the workspace: be an employee, a champion or a leader; close the round, see its result, start the next\n"
        f"Then  {url(stack.ports.workspace, '/dashboards')}\n"
        "  what leaders watch in Grafana, as pictures: a preview of its five dashboards\n"
        f"Or    {url(stack.ports.workspace, '/results')}\n"
        "  the trend on a page of its own\n"
        f"Or    {url(stack.ports.workspace, '/metrics-api')}\n"
        f"  the metrics API and its documents (it listens on {url(stack.ports.metrics)} and wants a token)"
    )
    kind = grafana.found()
    if kind is not None:
        say("\n".join(_grafana(kind, stack, simulation)))
    elif console.is_terminal and has_desktop():
        say("Neither Grafana nor Docker is here: the preview opens in your browser.")
        open_in_browser(_preview(stack, key))
    else:
        say("Neither Grafana nor Docker is here: the preview stands in for it.")
    say("Ctrl-C ends the demo.")


def _preview(stack: Stack, key: str) -> str:
    """An address of the preview that opens once."""
    import httpx  # noqa: PLC0415 - not before the visitor can begin

    answer = httpx.post(
        url(stack.ports.workspace, "/tickets"), headers={"Authorization": f"Bearer {key}"}, trust_env=False
    )
    ticket = answer.raise_for_status().json()["key"]
    return url(stack.ports.workspace, f"/?key={ticket}&to=/dashboards")


def _grafana(kind: grafana.Kind, stack: Stack, simulation: Simulation) -> list[str]:
    """How to start the Grafana of this machine, with everything in it."""
    schedule = simulation.organisation.plan.campaign.schedule
    period = schedule.opens_at(1), schedule.closes_at(schedule.waves) + timedelta(days=7)
    offer = grafana.prepare(kind, stack.state.path / "grafana", stack.ports, stack.secrets, period)
    fetches = " (Docker fetches the image, and Grafana its plugin)" if kind is grafana.Kind.DOCKER else ""
    return [
        f"Grafana is what leaders really watch. With the {kind.value} of this machine{fetches}:",
        f"  sh {offer.script}",
        f"  {offer.address}",
        f"  as admin, with the password in {stack.secrets.grafana_admin}",
    ]
