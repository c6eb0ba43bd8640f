import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { CommandError } from '../command-line/command-error.ts';
import { EXIT } from '../command-line/exit-codes.ts';

export interface RequestBody {
  content: string | Readable;
  /** What it is, unless the user says otherwise. */
  contentType: string;
}

/** `-d`: the text itself, `@<file>`, or `-` for what comes in; the two are sent as they are read. Throws a CommandError for a file that cannot be read. */
export async function requestBody(data: string, cwd: string, input: Readable): Promise<RequestBody> {
  if (data === '-') return { content: input, contentType: 'application/octet-stream' };
  if (data.startsWith('@')) return await fileBody(data.slice(1), cwd);
  return { content: data, contentType: isJson(data) ? 'application/json' : 'text/plain; charset=utf-8' };
}

async function fileBody(path: string, cwd: string): Promise<RequestBody> {
  try {
    const file = await open(resolve(cwd, path));
    const contentType = path.endsWith('.json') ? 'application/json' : 'application/octet-stream';
    return { content: file.createReadStream(), contentType };
  } catch (cause) {
    throw new CommandError(`cannot read ${path}: ${(cause as Error).message}`, EXIT.usage, { cause });
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
