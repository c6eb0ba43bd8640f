/**
 * The texts of built-in kinds, read from the type declarations of the client library. A build without that library has another
 * module in this one's place, with the same texts as data.
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

export interface Description {
  text: string;
  /** By field. */
  fields: ReadonlyMap<string, string>;
}

/** @param model the library's name of a kind or a part of one: `V1Deployment`. Undefined: there is no such model. */
export async function readDescription(model: string): Promise<Description | undefined> {
  const url = import.meta.resolve(`@kubernetes/client-node/dist/gen/models/${model}.d.ts`);
  try {
    return parseDeclaration(await readFile(fileURLToPath(url), 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

const CLASS = /\/\*\*\n\* ?([\s\S]*?)\n\*\/\nexport declare class/;
const FIELD = /\/\*\*\n\s*\* ?((?:(?!\*\/)[\s\S])*?)\n\s*\*\/\n\s*'([^']+)'\??:/g;

/** The comments before the class and before each of its fields. */
export function parseDeclaration(source: string): Description {
  const start = source.indexOf('export declare class');
  const fields = [...source.slice(start).matchAll(FIELD)].map(([, text = '', name = '']): [string, string] => [
    name,
    plain(text),
  ]);
  return { text: plain(CLASS.exec(source)?.[1] ?? ''), fields: new Map(fields) };
}

function plain(text: string): string {
  return text.replace(/\\(['"])/g, '$1').replace(/\n\s*\* ?/g, '\n');
}
