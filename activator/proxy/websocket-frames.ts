/** What comes next of a frame. */
type Part = 'first' | 'second' | 'length' | 'mask' | 'payload';

const CLOSE = 8;
const MASK_BYTES = 4;

/**
 * Knows where the frames of one direction of a WebSocket begin and end (RFC 6455, 5.2): between two frames, and only
 * there, a frame of one's own may be put in. Looks at heads alone; of payloads it counts the bytes.
 */
export class WebSocketFrames {
  #part: Part = 'first';
  #opcode = 0;
  #masked = false;
  /** Bytes that are missing of the present part. */
  #left = 0;
  #length = 0;
  #closed = false;

  /** Whether what has passed so far is whole frames. */
  get between(): boolean {
    return this.#part === 'first';
  }

  /** Whether a close frame has passed: nothing follows it. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Takes bytes from `from` on, up to the end of a frame or of the chunk; returns the index after the last one. */
  take(chunk: Uint8Array, from: number): number {
    let at = from;
    while (at < chunk.length) {
      if (this.#part === 'payload') {
        const step = Math.min(this.#left, chunk.length - at);
        this.#left -= step;
        at += step;
      } else {
        this.#takeOfHead(chunk[at] as number);
        at += 1;
      }
      if (this.#part === 'payload' && this.#left === 0) {
        this.#part = 'first';
        if (this.#opcode === CLOSE) this.#closed = true;
        return at;
      }
    }
    return at;
  }

  #takeOfHead(byte: number): void {
    if (this.#part === 'first') {
      this.#opcode = byte & 0x0f;
      this.#part = 'second';
      return;
    }
    if (this.#part === 'second') this.#takeSize(byte);
    else {
      if (this.#part === 'length') this.#length = this.#length * 256 + byte;
      this.#left -= 1;
    }
    if (this.#left === 0) this.#endPart();
  }

  #takeSize(byte: number): void {
    this.#masked = byte > 0x7f;
    const size = byte & 0x7f;
    this.#length = size < 126 ? size : 0;
    this.#left = size < 126 ? 0 : size === 126 ? 2 : 8;
    this.#part = 'length';
  }

  #endPart(): void {
    const isMaskNext = this.#part === 'length' && this.#masked;
    this.#part = isMaskNext ? 'mask' : 'payload';
    this.#left = isMaskNext ? MASK_BYTES : this.#length;
  }
}

/** A close frame as a server sends it, or, masked, as a client does; masked with zeros, which leaves it as it is. */
export function closeFrame(code: number, reason: string, masked: boolean): Buffer {
  const text = Buffer.from(reason);
  const length = 2 + text.length;
  const head = masked ? [0x80 | CLOSE, 0x80 | length, 0, 0, 0, 0] : [0x80 | CLOSE, length];
  return Buffer.concat([Buffer.from([...head, code >> 8, code & 0xff]), text]);
}
