/** What the fields of built-in kinds mean, for `kubectl explain`. */
import type { Fields } from '../resources/fields.ts';
import { fieldsOf, isFields } from '../resources/fields.ts';
import { type Description, readDescription } from './model-descriptions.ts';

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
  return await readDescription(model);
}
