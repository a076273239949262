"""The story in the demo: played, gone on with beside a visitor, and where everything is to be seen."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from rich.console import Console

from sandbox.processes.ports import LOOPBACK
from sandbox.stack import grafana
from sandbox.stack.browser import has_desktop, open_in_browser
from sandbox.stack.ports import url
from sandbox.stack.running import Stack, WorkFailed
from sandbox.stack.secret_files import Caller
from sandbox.story import driver
from sandbox.story.faults import StoryFault
from sandbox.story.outcome import Outcome
from sandbox.story.simulation import Simulation
from services.runtime.settings import KafkaSettings


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


def accompany(
    stack: Stack, simulation: Simulation, complain: Callable[[str], None], opened: tuple[int, int] | None
) -> None:
    """Let the simulated people answer in the rounds that the visitor opens, for as long as the demo runs."""
    from sandbox.stack.rounds import rounds_of  # noqa: PLC0415 - slow to load: not before the visitor can begin

    with rounds_of(stack.state.path, simulation.organisation.plan.campaign.id) as rounds:
        driver.accompany(*addresses_of(stack), simulation, rounds, complain, opened=opened)


def play(stack: Stack, simulation: Simulation, console: Console, played: int, then_open: int | None) -> Outcome:
    """Play the first so many waves, and open one more where one is named. Raises WorkFailed."""
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


def invite(stack: Stack, console: Console, simulation: Simulation, *, round_open: bool) -> None:
    """Say where a visitor begins, and how Grafana is added."""
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
