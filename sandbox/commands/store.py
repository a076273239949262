"""``draagvlak sandbox store``: the store as a process."""

import sys

import typer

from sandbox.store.faults import StoreFault
from sandbox.store.process import serve
from sandbox.store.settings import StoreSettings
from services.runtime import logs
from services.runtime.settings import SettingsFault, load

store = typer.Typer(add_completion=False)


@store.command()
def run() -> None:
    """Serve ClickHouse's HTTP interface on loopback, from the state folder. Settings: DRAAGVLAK_STORE_…"""
    try:
        settings = load(StoreSettings)
        logs.configure(settings, "store")
        serve(settings)
    except (SettingsFault, StoreFault) as fault:
        print(fault, file=sys.stderr)  # noqa: T201 - the one sentence for the person who started it
        sys.exit(1)
