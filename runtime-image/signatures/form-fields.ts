import { Branch, isPosition, merge, type Node, plain } from './form-tree.ts';
import { Refused } from './refusal.ts';

/** Fields of a form by name. */
type Fields = { [name: string]: unknown };

/** How the bytes that are escaped in a form are read. */
export type FormCharset = 'utf-8' | 'iso-8859-1';

/** Most fields of one form. */
const FIELDS_MAX = 1_000;
/** Most brackets in one name. */
const DEPTH_MAX = 32;
/** Positions below this one make a list, however few fields there are; a larger one is the name of an object's field. */
const LIST_MAX = 100;

/**
 * The fields of a form as the Functions Framework parses one (`qs`, extended): `a=1&a=2&b[c]=3&d[0][e]=4` →
 * `{ a: ['1', '2'], b: { c: '3' }, d: [{ e: '4' }] }`. A field called `__proto__` is left out.
 * @throws Refused: 413 for more than 1,000 fields, 400 for more than 32 brackets in a name.
 */
export function formFields(text: string, charset: FormCharset = 'utf-8'): Fields {
  const parts = text.split('&', FIELDS_MAX + 1);
  if (parts.length > FIELDS_MAX) throw new Refused(413, 'BodyTooLarge', `a form has at most ${FIELDS_MAX} fields`);
  const limit = Math.max(LIST_MAX, parts.length);
  const root = new Branch(false);
  for (const [name, leaf] of Object.entries(valuesByName(parts, charset))) {
    if (name !== '') merge(root, chain(segmentsOf(name), leaf, limit), limit);
  }
  return plain(root) as Fields;
}

/** The values of each name as it stands, brackets and all; a name that comes several times has a list. */
function valuesByName(parts: readonly string[], charset: FormCharset): Record<string, Node> {
  const values: Record<string, Node> = Object.create(null);
  for (const part of parts) {
    const field = part.replace(/%5B/gi, '[').replace(/%5D/gi, ']');
    const bracket = field.indexOf(']=');
    const end = bracket === -1 ? field.indexOf('=') : bracket + 1;
    const name = decoded(end === -1 ? field : field.slice(0, end), charset);
    const value = end === -1 ? '' : decoded(field.slice(end + 1), charset);
    const before = values[name];
    if (before instanceof Branch) before.append(value);
    else values[name] = before === undefined ? value : new Branch(true).append(before).append(value);
  }
  return values;
}

function decoded(text: string, charset: FormCharset): string {
  const spaced = text.replaceAll('+', ' ');
  if (charset === 'iso-8859-1') {
    return spaced.replace(/%[0-9a-f]{2}/gi, (escaped) => String.fromCharCode(Number.parseInt(escaped.slice(1), 16)));
  }
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}

/** One step into a name: in brackets, or the word before the first of them. */
interface Segment {
  text: string;
  isBracketed: boolean;
}

/** `a[b][c]` → a, b, c. What stands between brackets is left out; brackets that are not closed are part of the word. */
function segmentsOf(name: string): Segment[] {
  let open = name.indexOf('[');
  if (open === -1) return [{ text: name, isBracketed: false }];
  const segments: Segment[] = open > 0 ? [{ text: name.slice(0, open), isBracketed: false }] : [];
  for (let depth = 0; open !== -1; depth++) {
    if (depth === DEPTH_MAX) throw new Refused(400, 'BadBody', `a form's names have at most ${DEPTH_MAX} brackets`);
    const close = closingOf(name, open);
    // Without its end it is taken as it stands, its bracket too.
    if (close === -1) return [...segments, { text: name.slice(open), isBracketed: true }];
    segments.push({ text: name.slice(open + 1, close), isBracketed: true });
    open = name.indexOf('[', close + 1);
  }
  return segments;
}

/** Where the bracket at `open` is closed, others inside of it counted; -1: nowhere. */
function closingOf(name: string, open: number): number {
  let level = 0;
  for (let index = open; index < name.length; index++) {
    if (name[index] === '[') level++;
    else if (name[index] === ']' && --level === 0) return index;
  }
  return -1;
}

/** The lists and objects that a name stands for, one inside the other, around `leaf`. */
function chain(segments: readonly Segment[], leaf: Node, limit: number): Node {
  return segments.reduceRight<Node>((inner, segment) => around(inner, segment, limit), leaf);
}

function around(inner: Node, { text, isBracketed }: Segment, limit: number): Branch {
  if (isBracketed && text === '') {
    return inner instanceof Branch && inner.takesNameless ? inner : new Branch(true).append(inner);
  }
  const isIndex = isBracketed && isPosition(text);
  if (isIndex && Number(text) < limit) return new Branch(true).set(text, inner);
  // Such a name would reach what all objects inherit from.
  if (text === '__proto__') return new Branch(false);
  const fields = new Branch(false).set(text, inner);
  if (isIndex) fields.takeNameless();
  return fields;
}
