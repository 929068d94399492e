"""A Messages API on loopback that streams as fast, or at the pace, that the prompt asks for: ``deltas=200 pace=0.02``.

It is lean on purpose: frames are encoded once, so that what is measured is the other side.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
WORD = "lorem "


def event(kind: str, **fields: object) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()


START = event(
    "message_start",
    message={
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "bench",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 1, "output_tokens": 1},
    },
) + event("content_block_start", index=0, content_block={"type": "text", "text": ""})
DELTA = event("content_block_delta", index=0, delta={"type": "text_delta", "text": WORD})
STOP = (
    event("content_block_stop", index=0)
    + event("message_delta", delta={"stop_reason": "end_turn", "stop_sequence": None}, usage={"output_tokens": 1})
    + event("message_stop")
)


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    body = await reader.readexactly(int(length.group(1)) if length else 0)
    wanted = re.findall(rb"deltas=(\d+) pace=([\d.]+)", body)[-1]
    count, pace = int(wanted[0]), float(wanted[1])
    writer.write(HEAD + START)
    loop = asyncio.get_running_loop()
    began = loop.time()
    for number in range(count):
        if writer.transport.is_closing():
            return
        writer.write(DELTA)
        if pace:
            await asyncio.sleep(max(0, began + (number + 1) * pace - loop.time()))
        elif number % 64 == 63:
            await writer.drain()
    writer.write(STOP)
    await writer.drain()
    writer.close()


async def main() -> None:
    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=1000)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        sys.exit(0)
