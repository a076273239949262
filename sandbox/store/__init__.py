"""The ClickHouse engine (chDB) in a process of its own, behind ClickHouse's HTTP interface on loopback.

So that every service and the command line use the unmodified clickhouse-connect, exactly as against a server.
"""

from sandbox.store.running import StoreAddress, running
from sandbox.store.users import Access

__all__ = ["Access", "StoreAddress", "running"]
