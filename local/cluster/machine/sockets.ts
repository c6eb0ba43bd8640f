/** Which addresses and ports of this machine are in use. */
import { readFileSync } from 'node:fs';

/** Local addresses in the text of `/proc/net/tcp`. Pure. */
export function localAddresses(procNetTcp: string): Set<string> {
  const found = new Set<string>();
  for (const [, hex = ''] of procNetTcp.matchAll(/^\s*\d+: ([0-9A-F]{8}):/gm)) {
    // Little endian, as the machines are that this runs on.
    found.add([6, 4, 2, 0].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)).join('.'));
  }
  return found;
}

/** Ports on which something listens, at whatever address, in the text of `/proc/net/tcp` or `tcp6`. Pure. */
export function listeningPorts(procNetTcp: string): Set<number> {
  const LISTEN = '0A';
  const found = procNetTcp.matchAll(/^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} ([0-9A-F]{2}) /gm);
  return new Set(
    [...found].filter(([, , state]) => state === LISTEN).map(([, port = '']) => Number.parseInt(port, 16)),
  );
}

/** To which some socket of the machine is bound, IPv4. */
export function usedAddresses(): Set<string> {
  return localAddresses(readFileSync('/proc/net/tcp', 'utf8'));
}

export function usedPorts(): Set<number> {
  const texts = ['/proc/net/tcp', '/proc/net/tcp6'].map(textOf);
  return new Set(texts.flatMap((text) => [...listeningPorts(text)]));
}

/** Empty on a machine without IPv6. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
