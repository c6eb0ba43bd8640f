/** YAML as Helm reads and writes it: the rules of YAML 1.1, keys sorted. */
import { parse, parseAllDocuments, stringify } from 'yaml';

/** Values, manifests: what YAML holds. */
export type Table = { [key: string]: unknown };

/** `on`, `yes` and `0755` mean what they do to Helm and to the API server's clients. */
const RULES = { version: '1.1', merge: true } as const;

export function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The one document in `text`; undefined without any. Throws with line and column; a key given twice is an error. */
export function readYaml(text: string): unknown {
  return parse(text, RULES) ?? undefined;
}

/** Like `readYaml`, of a document that must be a table. `where` names it in the error. */
export function readTable(text: string, where: string): Table {
  const value = readYaml(text) ?? {};
  if (!isTable(value)) throw new Error(`${where}: not a table of keys and values`);
  return value;
}

/** As `toYaml` gives it: keys sorted, long lines left whole, no line break at the end. */
export function writeYaml(value: unknown): string {
  if (value === undefined) return 'null';
  const text = stringify(value, {
    ...RULES,
    sortMapEntries: true,
    lineWidth: 0,
    indentSeq: false,
    aliasDuplicateObjects: false,
  });
  return text.replace(/\n$/, '');
}

/** A manifest's documents; empty ones are left out. Throws naming `where` and the line. */
export function readDocuments(text: string, where: string): Table[] {
  return parseAllDocuments(text, RULES).flatMap((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw new Error(`${where}: not YAML: ${error.message}`, { cause: error });
    const value: unknown = document.toJS();
    if (value === null || value === undefined) return [];
    if (!isTable(value))
      throw new Error(`${where}: a document that is no object: ${JSON.stringify(value).slice(0, 80)}`);
    return [value];
  });
}
