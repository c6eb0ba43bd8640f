/** JSON Schema as TypeScript, for who writes what it describes. Pure. */

/** The part of a schema that says something of a type. */
export interface Schema {
  type?: string;
  description?: string;
  default?: unknown;
  enum?: readonly unknown[];
  anyOf?: readonly Schema[];
  items?: Schema;
  properties?: Readonly<Record<string, Schema>>;
  required?: readonly string[];
  additionalProperties?: Schema | boolean;
}

/** @param margin put before each line but the first. Throws for a schema of which it cannot say the type. */
export function typeOf(schema: Schema, margin = ''): string {
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map((one) => typeOf(one, margin)))].join(' | ');
  switch (schema.type) {
    case 'integer':
      return 'number';
    case 'string':
    case 'number':
    case 'boolean':
    case 'null':
      return schema.type;
    case 'array':
      return listType(schema.items ?? {}, margin);
    case 'object':
      return objectType(schema, margin);
    default:
      throw new Error(`no type for ${JSON.stringify(schema)}`);
  }
}

function listType(items: Schema, margin: string): string {
  const item = typeOf(items, margin);
  return items.enum === undefined && items.anyOf === undefined ? `readonly ${item}[]` : `readonly (${item})[]`;
}

function objectType({ properties, required = [], additionalProperties }: Schema, margin: string): string {
  if (properties === undefined) {
    if (typeof additionalProperties !== 'object') throw new Error('an object without properties has no type');
    return `Record<string, ${typeOf(additionalProperties, margin)}>`;
  }
  const inner = `${margin}  `;
  const fields = Object.entries(properties).map(([name, schema]) => {
    const field = /^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name);
    return `${comment(schema, inner)}${inner}${field}${required.includes(name) ? '' : '?'}: ${typeOf(schema, inner)};\n`;
  });
  return `{\n${fields.join('')}${margin}}`;
}

function comment({ description, default: without }: Schema, margin: string): string {
  const known = without === undefined ? '' : `Default: ${JSON.stringify(without)}.`;
  const text = [description ?? '', known].filter((part) => part !== '').join(' ');
  return text === '' ? '' : `${margin}/** ${text.replaceAll('*/', '*\\/').replaceAll(/\s+/g, ' ')} */\n`;
}
