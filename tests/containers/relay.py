"""Carries connections from where containers can come to where a server listens: run as ``relay.py HOST PORT TARGET``.

The servers of the tests listen on loopback, or on a socket in a folder; TARGET is the port there, or that socket.
"""

import asyncio
import sys


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    try:
        while part := await source.read(65536):
            sink.write(part)
            await sink.drain()
    except ConnectionError:
        pass
    finally:
        sink.close()


async def _serve(host: str, port: int, target: str) -> None:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if target.isdigit():
                far_reader, far_writer = await asyncio.open_connection("127.0.0.1", int(target))
            else:
                far_reader, far_writer = await asyncio.open_unix_connection(target)
        except OSError:
            writer.close()
            return
        await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))

    server = await asyncio.start_server(connected, host, port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
