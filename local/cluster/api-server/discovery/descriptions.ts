/** What the fields of built-in kinds mean, for `kubectl explain`: read from the type declarations of the client library. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Fields } from '../resources/fields.ts';
import { fieldsOf, isFields } from '../resources/fields.ts';

interface Description {
  text: string;
  /** By field. */
  fields: ReadonlyMap<string, string>;
}

/**
 * Adds descriptions to the schemas of a document that have none, where they are known.
 * @param schemas by name: `io.k8s.api.apps.v1.Deployment`
 */
export async function addDescriptions(schemas: Fields): Promise<void> {
  const added = Object.entries(schemas).map(async ([name, schema]) => {
    const description = isFields(schema) ? await descriptionOf(name) : undefined;
    if (description !== undefined && isFields(schema)) describeSchema(schema, description);
  });
  await Promise.all(added);
}

/** Fields and the whole; a text that is there already stays. */
export function describeSchema(schema: Fields, { text, fields }: Description): void {
  schema.description ??= text;
  const properties = fieldsOf(schema, 'properties');
  for (const [name, property] of Object.entries(properties)) {
    const meaning = fields.get(name);
    if (meaning === undefined || !isFields(property) || property.description !== undefined) continue;
    const { $ref, ...rest } = property;
    // Beside a reference nothing else is heard, so it goes inside.
    properties[name] =
      $ref === undefined ? { ...rest, description: meaning } : { ...rest, description: meaning, allOf: [{ $ref }] };
  }
}

async function descriptionOf(schemaName: string): Promise<Description | undefined> {
  const [kind = '', version = ''] = schemaName.split('.').reverse();
  const model = `${version.charAt(0).toUpperCase()}${version.slice(1)}${kind}`;
  if (!/^V\d\w+$/.test(model)) return undefined;
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
