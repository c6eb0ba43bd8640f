import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { handlersOf, type Table } from './rows.ts';

export interface Original extends AsyncDisposable {
  port: number;
}

/** The program of the platform that a signature comes from; undefined: it runs nowhere but at its vendor's. */
const PROGRAMS: Readonly<Record<Table['signature'], string | undefined>> = {
  http: 'functions-framework.mjs',
  cloudevent: 'functions-framework.mjs',
  fetch: 'node-fetch.mjs',
  lambda: undefined,
};

/** Starts the original platform with the handlers of `table`; undefined: there is none to start. */
export async function startOriginal(table: Table): Promise<Original | undefined> {
  const program = PROGRAMS[table.signature];
  if (program === undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'catnap-parity-'));
  const file = join(folder, 'handlers.js');
  writeFileSync(file, handlersOf(table));
  const argv = [join(import.meta.dirname, 'originals', program), file, table.signature];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const port = Number((await lines.next()).value);
  const dispose = async () => {
    child.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true });
  };
  return { port, [Symbol.asyncDispose]: dispose };
}
