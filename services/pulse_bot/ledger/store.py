"""The ledger of a process: one writer, many readers, from an event loop or from a plain command."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError

from services.pulse_bot.ledger.engine import open_engine
from services.pulse_bot.ledger.writer import GroupCommitWriter, Operation, told

T = TypeVar("T")


class Ledger:
    """Opens the ledger at ``address``. Raises SettingsFault for an address of no use; reads and writes LedgerAway."""

    def __init__(self, address: str) -> None:
        self._engine = open_engine(address)
        self._readers = self._engine.execution_options(reads_only=True)
        self._writer = GroupCommitWriter(self._engine)
        self._losses = 0
        event.listen(self._engine, "handle_error", self._note_loss)

    @property
    def losses(self) -> int:
        """How often the connection was lost. What was learned before may hold no more: a crash empties the keys."""
        return self._losses

    @property
    def is_shared(self) -> bool:
        """Whether several bots can work on it: PostgreSQL."""
        return self._engine.dialect.name == "postgresql"

    def _note_loss(self, context: ExceptionContext) -> None:
        if context.is_disconnect:
            self._losses += 1

    async def write(self, operation: Operation[T]) -> T:
        """The operation's result, after its commit."""
        return await asyncio.wrap_future(self._writer.submit(operation))

    def write_now(self, operation: Operation[T]) -> T:
        """The same, blocking; not for an event loop."""
        return self._writer.submit(operation).result()

    async def maintain(self, operation: Operation[T]) -> T:
        """Run maintenance outside any transaction, between two commits."""
        return await asyncio.wrap_future(self._writer.submit_outside_transaction(operation))

    async def read(self, operation: Callable[[Connection], T]) -> T:
        """The operation's result on a consistent view, in a thread of its own."""
        return await asyncio.to_thread(self.read_now, operation)

    def read_now(self, operation: Callable[[Connection], T]) -> T:
        """The same, blocking; not for an event loop."""
        try:
            with self._readers.connect() as connection:
                return operation(connection)
        except DBAPIError as error:
            raise told(error) from None

    def close(self) -> None:
        """Finish all writes and let go of the database."""
        self._writer.close()
        self._engine.dispose()
