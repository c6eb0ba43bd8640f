/** How much memory a container may take, and how much it has. Pure, but for asking the system. */
import type { Container } from './pod-context.ts';
import { childrenOf, statusFile } from './proc.ts';
import { parseQuantity } from './quantity.ts';

/** In bytes; undefined: the container has no limit, or one that is no quantity. */
export function memoryLimit({ resources }: Container): number | undefined {
  const bytes = parseQuantity(resources?.limits?.memory ?? '');
  return Number.isFinite(bytes) && bytes > 0 ? Math.floor(bytes) : undefined;
}

/**
 * Bytes that could not be taken back from a process and all that it has started, as a kernel counts when it ends a container:
 * what they have written, not the pages of programs and files that they look at. 0: they are gone.
 */
export function memoryInUse(pid: number): number {
  return unreclaimable(statusFile(pid) ?? '') + childrenOf(pid).reduce((sum, child) => sum + memoryInUse(child), 0);
}

/** Of the text of `/proc/<pid>/status`. */
export function unreclaimable(status: string): number {
  const found = [...status.matchAll(/^(?:RssAnon|RssShmem|VmSwap):\s+(\d+) kB$/gm)];
  return found.reduce((sum, [, kibibytes]) => sum + Number(kibibytes) * 1_024, 0);
}
