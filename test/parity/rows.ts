import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A request that a handler is asked, and what its original platform makes of it. */
export interface Row {
  name: string;
  /** The body of the handler, in JavaScript, with the parameters that its signature has. */
  does: string;
  /** GET of `/` where nothing else is said. */
  request?: { method?: string; path?: string; headers?: Record<string, string | string[]>; body?: Body };
  expect: Answer;
  /** What this runtime answers instead, and why. */
  ours?: Answer;
  why?: string;
}

/** Text, or bytes as base64. */
export type Body = string | { base64: string };

/** Of an answer that the platform gives itself the status alone. */
export interface Answer {
  status: number;
  headers?: Record<string, string | string[]>;
  /** What its JSON says; else its text. */
  body?: unknown;
}

export interface Table {
  /** The file's name without `.json`. */
  name: string;
  /** A signature, and the parameters of its handlers. */
  signature: 'http' | 'cloudevent' | 'lambda' | 'fetch';
  rows: Row[];
}

const FOLDER = join(import.meta.dirname, 'rows');

/** Names of all tables. */
export function tableNames(): string[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort();
}

export function readTable(name: string): Table {
  return { name, ...JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8')) } as Table;
}

/** One row a line. */
export function writeTable({ name, signature, rows }: Table): void {
  const lines = rows.map((row) => JSON.stringify(row)).join(',\n');
  writeFileSync(join(FOLDER, `${name}.json`), `{"signature":${JSON.stringify(signature)},"rows":[\n${lines}\n]}\n`);
}

const PARAMETERS: Readonly<Record<Table['signature'], string>> = {
  http: 'req, res',
  cloudevent: 'event',
  lambda: 'event, context, callback',
  fetch: 'request, context',
};

/** One module with the handlers of all rows, as the list `handlers`. */
export function handlersOf({ signature, rows }: Table): string {
  // Lambda tells by what a handler returns whether it calls back.
  const kind = signature === 'lambda' ? '' : 'async ';
  const all = rows.map(({ does }) => `${kind}(${PARAMETERS[signature]}) => { ${does} }`);
  return `const handlers = [\n${all.join(',\n')}\n];`;
}
