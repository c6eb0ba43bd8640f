/** What Node is told before a pod's program begins. Pure. */
import { join } from 'node:path';

const PRELOAD = join(import.meta.dirname, 'preload.cjs');

/** As Node sizes its heap by a container's memory: half of it for what is old, and not less than this. Measured with Node 26. */
const OLD_SPACE_SHARE = 0.5;
const SMALLEST_OLD_SPACE_MIB = 238;
const LARGEST_OLD_SPACE_MIB = 4_096;
/** Of containers of a gibibyte and less. */
const SMALL_BYTES = 2 ** 30;
const SMALL_SEMI_SPACE_MIB = 8;

interface NodeFacts {
  /** Of the pod. */
  address: string;
  /** Names of Services and their addresses, as `/etc/hosts` has them. */
  hostsFile: string;
  /** The container's limit in bytes; undefined: none. */
  memoryBytes: number | undefined;
  /** NODE_OPTIONS of the container or its image; what it says of the heap goes before ours. */
  given: string | undefined;
}

/** Variables for any program: only Node heeds them. */
export function nodeVariables({ address, hostsFile, memoryBytes, given = '' }: NodeFacts): Map<string, string> {
  const heap = memoryBytes === undefined ? [] : heapOptions(memoryBytes);
  const options = [`--require=${quoted(PRELOAD)}`, ...heap, ...(given === '' ? [] : [given])];
  return new Map([
    ['NODE_OPTIONS', options.join(' ')],
    ['LOCAL_ADDRESS', address],
    ['LOCAL_HOSTS_FILE', hostsFile],
    ...(memoryBytes === undefined ? [] : [['LOCAL_MEMORY_BYTES', String(memoryBytes)] as const]),
  ]);
}

function heapOptions(memoryBytes: number): string[] {
  const share = Math.floor((memoryBytes * OLD_SPACE_SHARE) / 2 ** 20);
  const oldSpace = Math.min(LARGEST_OLD_SPACE_MIB, Math.max(SMALLEST_OLD_SPACE_MIB, share));
  return [
    `--max-old-space-size=${oldSpace}`,
    ...(memoryBytes > SMALL_BYTES ? [] : [`--max-semi-space-size=${SMALL_SEMI_SPACE_MIB}`]),
  ];
}

/** NODE_OPTIONS are separated by spaces. */
function quoted(path: string): string {
  return /[\s"\\]/.test(path) ? `"${path.replace(/["\\]/g, '\\$&')}"` : path;
}
