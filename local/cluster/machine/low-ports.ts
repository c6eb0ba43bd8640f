/** Ports that only root may listen on, and where others listen in their place. */
import { readFileSync } from 'node:fs';

export const LOW_PORTS = 1_024;
const OFFSET = 10_000;

/** What is added to ports below 1024 of Services' addresses, where this user may not listen on them; 0: it may. */
export function lowPortOffset(): number {
  return process.geteuid?.() === 0 || firstUnprivileged() < 80 ? 0 : OFFSET;
}

function firstUnprivileged(): number {
  try {
    return Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'));
  } catch {
    return LOW_PORTS; // a kernel that has no such setting
  }
}
