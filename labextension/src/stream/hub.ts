/** All streams of a browser (or, without shared workers, of a tab): who listens to which, and who is still there. */
import { Channel } from './channel';
import type { Surroundings } from './channel';
import type { Attach, FromTab, Port } from './protocol';
import { SILENCE_MS } from './protocol';

interface Listener {
  readonly channel: Channel;
  heard: number;
}

/** Owner of the channels and of the ports attached to them. */
export class StreamHub {
  constructor(
    private readonly _around: Surroundings,
    private readonly _now: () => number
  ) {}

  /** How many streams are open. */
  get size(): number {
    return this._channels.size;
  }

  receive(port: Port, message: FromTab): void {
    if (message.type === 'attach') {
      this._attach(port, message);
    } else if (message.type === 'bye') {
      this._detach(port);
    } else {
      const listener = this._listeners.get(port);
      if (listener) {
        listener.heard = this._now();
      } else {
        port.post({ type: 'unknown' });
      }
      this._sweep();
    }
  }

  hurry(): void {
    this._channels.forEach(channel => channel.hurry());
  }

  private _attach(port: Port, request: Attach): void {
    this._detach(port);
    let channel = this._channels.get(request.url);
    if (!channel || channel.isGone) {
      channel = new Channel(request, this._around);
      this._channels.set(request.url, channel);
    }
    this._listeners.set(port, { channel, heard: this._now() });
    channel.add(port);
  }

  private _detach(port: Port): void {
    const listener = this._listeners.get(port);
    if (!listener) {
      return;
    }
    this._listeners.delete(port);
    listener.channel.remove(port);
    if (listener.channel.isIdle) {
      this._channels.forEach((channel, url) => channel === listener.channel && this._channels.delete(url));
    }
  }

  /** Give up tabs that were not heard from: their browser killed them before they could say bye. */
  private _sweep(): void {
    const oldest = this._now() - SILENCE_MS;
    this._listeners.forEach((listener, port) => {
      if (listener.heard < oldest) {
        this._detach(port);
      }
    });
  }

  private readonly _channels = new Map<string, Channel>();
  private readonly _listeners = new Map<Port, Listener>();
}
