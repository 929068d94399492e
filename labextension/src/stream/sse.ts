/** Server-sent events from text that comes in pieces, cut anywhere. */

export interface Frame {
  /** The last `id:` of this very frame; null where it has none. */
  readonly id: string | null;
  readonly data: string;
}

export class SseParser {
  /** The frames that `chunk` completes. */
  push(chunk: string): Frame[] {
    const frames: Frame[] = [];
    const lines = (this._rest + chunk).split(/\r\n|\n|\r(?!$)/);
    this._rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line !== '') {
        this._field(line);
      } else if (this._data.length) {
        frames.push({ id: this._id, data: this._data.join('\n') });
        this._clear();
      } else {
        this._clear();
      }
    }
    return frames;
  }

  private _field(line: string): void {
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'data') {
      this._data.push(value);
    } else if (name === 'id') {
      this._id = value;
    }
  }

  private _clear(): void {
    this._id = null;
    this._data = [];
  }

  private _rest = '';
  private _id: string | null = null;
  private _data: string[] = [];
}
