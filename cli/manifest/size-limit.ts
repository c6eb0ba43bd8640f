import { brotliCompressSync, constants } from 'node:zlib';
import { STORED_MAX_BYTES } from '#api/rules/stored-size.ts';
import type { BuiltCode } from '../build/built-code.ts';
import { CommandError } from '../command-line/command-error.ts';
import { EXIT } from '../command-line/exit-codes.ts';

const QUALITY = 9;
const NAMED = 5;

/**
 * Throws a CommandError that names the largest packages where a pod could not be handed the code. What is a little smaller may
 * still be refused by the operator, which prints it anew. Pure.
 */
export function requireFits(name: string, { code, sizes }: BuiltCode): void {
  // Compression makes nothing larger by much.
  if (Buffer.byteLength(code) <= STORED_MAX_BYTES / 2) return;
  const params = { [constants.BROTLI_PARAM_QUALITY]: QUALITY };
  const stored = Math.ceil(brotliCompressSync(code, { params }).length / 3) * 4;
  if (stored <= STORED_MAX_BYTES) return;
  const largest = sizes.slice(0, NAMED).map((part) => `${part.name} ${kib(part.bytes)}`);
  throw new CommandError(
    `${name}: its code takes ${kib(stored)} compressed, as base64, more than the ${kib(STORED_MAX_BYTES)} that a pod can be handed. The largest parts, uncompressed: ${largest.join(', ')}. Leave some out, or build an image FROM the Catnap runtime image with the code in it and give that as spec.image`,
    EXIT.build,
  );
}

function kib(bytes: number): string {
  return `${Math.ceil(bytes / 1024).toLocaleString('en')} KiB`;
}
