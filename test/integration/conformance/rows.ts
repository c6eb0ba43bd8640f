/** Requests with the answers that a real kube-apiserver 1.36.2 gave to them. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Row {
  /** Unique in its suite. */
  name: string;
  method: string;
  path: string;
  contentType: string | null;
  /** Sent as it is when it is text, else as JSON; null: none. */
  body: unknown;
  headers: { [name: string]: string };
  /** `limited`: with a token that the server does not know. */
  as: 'admin' | 'limited';
  /** Regular expressions over paths of the answer that differ between any two clusters. */
  ignore: string[];
  status: number;
  /** With its warnings, if there were any: `{ __warn, b: the answer }`. */
  answer: unknown;
}

export const SUITES = ['objects', 'custom-resources', 'pods-and-admission', 'lists-and-validation', 'definitions'];

/** In the order in which they have to be sent: later rows build on earlier ones. */
export async function rowsOf(suite: string): Promise<Row[]> {
  const text = await readFile(join(import.meta.dirname, 'rows', `${suite}.jsonl`), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

/** Row names by suite, each with the reason why the stand-in answers otherwise. */
export type Deviations = { readonly [suite: string]: { readonly [row: string]: string } };

export async function knownDeviations(): Promise<Deviations> {
  return JSON.parse(await readFile(join(import.meta.dirname, 'deviations.json'), 'utf8'));
}
