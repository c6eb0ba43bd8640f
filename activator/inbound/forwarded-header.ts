/** The header `Forwarded` of RFC 7239. */
import { type ForwardedNode, nodeOf, UNKNOWN_NODE } from './forwarded-node.ts';

/** What one proxy said of the request that it took. */
export interface ForwardedElement {
  node: ForwardedNode;
  /** Without quotes; undefined: not said. */
  host: string | undefined;
  proto: string | undefined;
  /** The element as it may be sent on. */
  text: string;
}

/** Of proxies before the gateway; those beyond it are the farthest, and left out. */
export const HOPS_MAX = 32;
/** Longer ones are not read at all, in characters. */
const LENGTH_MAX = 8_192;
const TOKEN = /^[!#$%&'*+.^_`|~\w-]+$/;
/** One pair and what separates it from the next. Values with a colon and without quotes are common, though not allowed. */
const PAIR = /[ \t]*(?:([!#$%&'*+.^_`|~\w-]+)=("(?:[^"\\]|\\.)*"|[^\s",;\\]+))?[ \t]*(;|,|$)/y;

/** Nearest last. Undefined: it is not as the grammar has it, so nothing can be put behind it. */
export function forwardedElements(value: string): ForwardedElement[] | undefined {
  if (value.length > LENGTH_MAX) return undefined;
  const elements: ForwardedElement[] = [];
  PAIR.lastIndex = 0;
  for (;;) {
    const read = nextPairs(value);
    if (read === undefined) return undefined;
    if (read.pairs.size > 0) elements.push(elementOf(read.pairs));
    if (read.isLast) return elements.slice(-HOPS_MAX);
  }
}

/** Of the element at `PAIR.lastIndex`, by lower-case name and without quotes. */
function nextPairs(value: string): { pairs: Map<string, string>; isLast: boolean } | undefined {
  const pairs = new Map<string, string>();
  for (;;) {
    const [, name, given, separator] = PAIR.exec(value) ?? [];
    if (separator === undefined) return undefined;
    if (name !== undefined && given !== undefined) {
      const key = name.toLowerCase();
      if (pairs.has(key)) return undefined;
      pairs.set(key, unquoted(given));
    }
    if (separator !== ';') return { pairs, isLast: separator === '' };
  }
}

function elementOf(pairs: ReadonlyMap<string, string>): ForwardedElement {
  const said = pairs.get('for');
  const node = said === undefined ? UNKNOWN_NODE : nodeOf(said);
  const text = [...pairs].map(([name, value]) => `${name}=${name === 'for' ? node.named : quoted(value)}`).join(';');
  return { node, host: pairs.get('host'), proto: pairs.get('proto'), text };
}

function unquoted(value: string): string {
  return value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value;
}

function quoted(value: string): string {
  return TOKEN.test(value) ? value : `"${value.replace(/["\\]/g, '\\$&')}"`;
}
