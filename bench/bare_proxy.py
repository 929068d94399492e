"""What we are compared with: a bare tornado server that passes the same SDK's stream on. No auth, no persistence, no replay.

POST / starts a stream, DELETE / ends all; GET /events follows all of them. Each delta is encoded once and flushed to every subscriber.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys

import anthropic
from tornado import iostream, web

SUBSCRIBERS: set[Events] = set()
STREAMS: list[asyncio.Future[None]] = []


class Events(web.RequestHandler):
    async def get(self) -> None:
        self.set_header("Content-Type", "text/event-stream")
        self.queue: asyncio.Queue[bytes] = asyncio.Queue()
        SUBSCRIBERS.add(self)
        self.write(": open\n\n")
        try:
            await self.flush()
            while True:
                self.write(await self.queue.get())
                while not self.queue.empty():
                    self.write(self.queue.get_nowait())
                await self.flush()
        except iostream.StreamClosedError:
            SUBSCRIBERS.discard(self)


class Process(web.RequestHandler):
    def get(self) -> None:
        self.finish({"pid": os.getpid()})


class Prompt(web.RequestHandler):
    def initialize(self, client: anthropic.AsyncAnthropic) -> None:
        self.client = client

    async def post(self) -> None:
        prompt = json.loads(self.request.body)["prompt"]
        STREAMS.append(asyncio.ensure_future(relay(self.client, prompt)))
        self.set_status(202)

    def delete(self) -> None:
        """End all streams."""
        for stream in STREAMS:
            stream.cancel()
        STREAMS.clear()
        publish({"type": "run_complete"})


async def relay(client: anthropic.AsyncAnthropic, prompt: str) -> None:
    messages: list[anthropic.types.MessageParam] = [{"role": "user", "content": prompt}]
    async for event in await client.messages.create(model="bench", max_tokens=100, messages=messages, stream=True):
        if event.type == "content_block_delta" and event.delta.type == "text_delta":
            publish({"type": "message_delta", "text": event.delta.text})
    publish({"type": "run_complete"})


def publish(event: dict[str, str]) -> None:
    frame = f"data: {json.dumps(event)}\n\n".encode()
    for subscriber in SUBSCRIBERS:
        subscriber.queue.put_nowait(frame)


async def main(model_url: str) -> None:
    client = anthropic.AsyncAnthropic(api_key="bench", base_url=model_url)
    app = web.Application([("/", Prompt, {"client": client}), ("/events", Events), ("/pid", Process)])
    server = app.listen(0, "127.0.0.1")
    port = next(iter(server._sockets.values())).getsockname()[1]  # noqa: SLF001  tornado has no public way
    print(f"http://127.0.0.1:{port}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
