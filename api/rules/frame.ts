/** One JSON document and up to two pieces of bytes, as gateway and dispatcher send them. */

/** Three lengths in bytes, big-endian, 32 bits each: of the JSON, the first piece, the second. */
const LENGTHS_BYTES = 12;
const EMPTY = new Uint8Array(0);

export interface Frame<T> {
  json: T;
  /** Views of what was read; empty where there is none. */
  first: Uint8Array;
  second: Uint8Array;
}

/** Throws for what is no frame, or would be larger than it may be. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

/** The pieces of one frame, to be written one after the other: the bytes given are not copied. */
export function frameParts(json: unknown, first: Uint8Array = EMPTY, second: Uint8Array = EMPTY): Uint8Array[] {
  const text = Buffer.from(JSON.stringify(json));
  const lengths = Buffer.allocUnsafe(LENGTHS_BYTES);
  lengths.writeUInt32BE(text.length, 0);
  lengths.writeUInt32BE(first.length, 4);
  lengths.writeUInt32BE(second.length, 8);
  return [lengths, text, first, second].filter(({ length }) => length > 0);
}

/**
 * The frames that `bytes` consists of. The shapes of their JSON are not checked.
 * @param most frames
 */
export function readFrames<T>(bytes: Uint8Array, most: number): Frame<T>[] {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const frames: Frame<T>[] = [];
  let at = 0;
  while (at < view.length) {
    if (frames.length === most) throw new FrameError(`more than ${most} frames`);
    if (view.length - at < LENGTHS_BYTES) throw new FrameError('it ends within a frame');
    const jsonEnd = at + LENGTHS_BYTES + view.readUInt32BE(at);
    const firstEnd = jsonEnd + view.readUInt32BE(at + 4);
    const end = firstEnd + view.readUInt32BE(at + 8);
    if (end > view.length) throw new FrameError('it ends within a frame');
    frames.push({
      json: jsonOf<T>(view.subarray(at + LENGTHS_BYTES, jsonEnd)),
      first: view.subarray(jsonEnd, firstEnd),
      second: view.subarray(firstEnd, end),
    });
    at = end;
  }
  return frames;
}

function jsonOf<T>(bytes: Buffer): T {
  try {
    return JSON.parse(bytes.toString('utf8')) as T;
  } catch (error) {
    throw new FrameError('it is no JSON', { cause: error });
  }
}
