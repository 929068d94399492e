"""A Messages API on loopback that streams as fast, or at the pace, that the prompt asks for: ``deltas=200 pace=0.02``; or that calls
the tool that the prompt asks for, once: ``call={"name": …, "input": …}``.

Real servers send each event as an HTTP chunk of its own; with ``chunks=no`` in the prompt events follow each other without chunks, so
that one read brings many of them. It is lean on purpose: frames are encoded once, so that what is measured is the other side.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
CHUNKED = HEAD.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n")
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
CALLING = START.rpartition(b"event: content_block_start")[0]
CALLED = (
    event("content_block_stop", index=0)
    + event("message_delta", delta={"stop_reason": "tool_use", "stop_sequence": None}, usage={"output_tokens": 1})
    + event("message_stop")
)
STOP = (
    event("content_block_stop", index=0)
    + event("message_delta", delta={"stop_reason": "end_turn", "stop_sequence": None}, usage={"output_tokens": 1})
    + event("message_stop")
)


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


LAST: dict[str, float] = {}
"""When the last request was read, and its size: the answer to any GET."""
CHUNKS = chunk(START), chunk(DELTA), chunk(STOP) + b"0\r\n\r\n"


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        body = await reader.readexactly(int(length.group(1)) if length else 0)
    except asyncio.IncompleteReadError:  # it was cancelled while it asked
        writer.close()
        return
    if head.startswith(b"GET"):
        data = json.dumps(LAST).encode()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(data), data))
        await writer.drain()
        writer.close()
        return
    LAST.update(at=time.monotonic(), bytes=len(body))
    if (call := called(body)) is not None:
        writer.write(HEAD + CALLING + call + CALLED)
        await writer.drain()
        writer.close()
        return
    wanted = (re.findall(rb"deltas=(\d+) pace=([\d.]+)", body) or [(b"1", b"0")])[-1]
    count, pace = int(wanted[0]), float(wanted[1])
    start, delta, stop = (START, DELTA, STOP) if b"chunks=no" in body else CHUNKS
    writer.write((HEAD if b"chunks=no" in body else CHUNKED) + start)
    loop = asyncio.get_running_loop()
    began = loop.time()
    for number in range(count):
        if writer.transport.is_closing():
            return
        writer.write(delta)
        if pace:
            await asyncio.sleep(max(0, began + (number + 1) * pace - loop.time()))
        elif number % 64 == 63:
            await writer.drain()
    writer.write(stop)
    await writer.drain()
    writer.close()


def called(body: bytes) -> bytes | None:
    """The call that the last prompt asks for, unless it was made."""
    if b"call=" not in body[-100_000:]:
        return None
    last = json.loads(body)["messages"][-1]["content"]
    if not isinstance(last, list) or any(block["type"] == "tool_result" for block in last):
        return None
    text = next((block["text"] for block in last if block.get("text", "").startswith("call=")), None)
    if text is None:
        return None
    call = json.loads(text[5:])
    block = {"type": "tool_use", "id": f"call_{time.monotonic_ns()}", "name": call["name"], "input": {}}
    return event("content_block_start", index=0, content_block=block) + event(
        "content_block_delta", index=0, delta={"type": "input_json_delta", "partial_json": json.dumps(call["input"])}
    )


async def main() -> None:
    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=1000, limit=1 << 20)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        sys.exit(0)
