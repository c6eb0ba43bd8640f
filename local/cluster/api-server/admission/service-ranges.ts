/**
 * From where Services get addresses and node ports. Both are looked for from a random place on: clusters that run side by
 * side on a machine then rarely meet. Pure.
 */

/** 127.0.16.0 to 127.0.255.255: the lower ones are what people use by hand, the higher ones are those of pods. */
const FIRST_BLOCK = 16;
const BLOCKS = 240;
/** Of each 256, those that end in 0 and 255 are left alone. */
const PER_BLOCK = 254;

export const ADDRESS_COUNT = BLOCKS * PER_BLOCK;
export const FIRST_NODE_PORT = 30_000;
export const LAST_NODE_PORT = 32_767;
export const NODE_PORT_COUNT = LAST_NODE_PORT - FIRST_NODE_PORT + 1;

/** A loopback address that is not in `used`; undefined when there is none. `start` < ADDRESS_COUNT. */
export function freeAddress(used: ReadonlySet<string>, start: number): string | undefined {
  for (let tries = 0; tries < ADDRESS_COUNT; tries += 1) {
    const number = (start + tries) % ADDRESS_COUNT;
    const address = `127.0.${FIRST_BLOCK + Math.floor(number / PER_BLOCK)}.${1 + (number % PER_BLOCK)}`;
    if (!used.has(address)) return address;
  }
  return undefined;
}

/** A port that is not in `used`; undefined when there is none. `start` < NODE_PORT_COUNT. */
export function freeNodePort(used: ReadonlySet<number>, start: number): number | undefined {
  for (let tries = 0; tries < NODE_PORT_COUNT; tries += 1) {
    const port = FIRST_NODE_PORT + ((start + tries) % NODE_PORT_COUNT);
    if (!used.has(port)) return port;
  }
  return undefined;
}
