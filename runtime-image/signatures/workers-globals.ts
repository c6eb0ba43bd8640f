/**
 * Puts in place what Cloudflare Workers have as globals and Node has not: `scheduler.wait`, `IdentityTransformStream` and
 * `FixedLengthStream`. Each is made when it is first looked at: the classes of streams take milliseconds to load.
 */
export function installWorkersGlobals(target: object): void {
  lazily(target, 'scheduler', () => process.getBuiltinModule('node:timers/promises').scheduler);
  lazily(target, 'IdentityTransformStream', identityTransformStream);
  lazily(target, 'FixedLengthStream', fixedLengthStream);
}

/** Not enumerable: what looks through the globals sees what Node has. */
function lazily(target: object, name: string, make: () => unknown): void {
  const become = (value: unknown) => Object.defineProperty(target, name, { value, writable: true, configurable: true });
  const get = () => {
    const value = make();
    become(value);
    return value;
  };
  Object.defineProperty(target, name, { get, set: become, configurable: true });
}

function identityTransformStream() {
  return class IdentityTransformStream extends TransformStream<Uint8Array, Uint8Array> {};
}

function fixedLengthStream() {
  return class FixedLengthStream extends TransformStream<Uint8Array, Uint8Array> {
    /** @param length bytes that come through: with more or fewer the stream fails. */
    constructor(length: number | bigint) {
      let left = Number(length);
      super({
        transform(chunk, controller) {
          left -= chunk.byteLength;
          if (left < 0) throw new TypeError(`more bytes came than the ${length} of this FixedLengthStream`);
          controller.enqueue(chunk);
        },
        flush() {
          if (left > 0) throw new TypeError(`${left} bytes are missing of the ${length} of this FixedLengthStream`);
        },
      });
    }
  };
}
