import { readFile, stat } from 'node:fs/promises';
import { CommandError } from '../command-line/command-error.ts';
import { EXIT } from '../command-line/exit-codes.ts';

const MAX_BYTES = 1024 * 1024;

/**
 * Text of a file that says something about a folder; undefined: there is none. Throws a CommandError for what is no file, such as a
 * pipe or a device, which might never end, and for more than 1 MiB.
 */
export async function readText(file: string): Promise<string | undefined> {
  try {
    const found = await stat(file);
    if (!found.isFile()) throw new Error('it is no file');
    if (found.size > MAX_BYTES) throw new Error('it is longer than 1 MiB');
    return await readFile(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new CommandError(`${file}: ${(cause as Error).message}`, EXIT.usage, { cause });
  }
}
