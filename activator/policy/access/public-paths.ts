import type { Admission, Denial, WayIn } from './way-in.ts';

const EVERYONE: Admission = { caller: undefined };
const DENIED: Denial = { denied: 'absent', why: 'the path is not among those for everyone' };
const VISIBLE = /^[!-~]*$/;
const CONTROL_OR_BACKSLASH = /[\p{Cc}\\]/u;
/** What is left of an escape of an escape: another reader may decode once more. */
const ESCAPE = /%[\da-f]{2}/i;
const ESCAPED_SLASH = /%(?:2f|5c)/i;
/** `.`, `..`, and what some file systems take for them. */
const DOTS = /^[.\s]*$/;

/**
 * Lets everyone in below these prefixes. A path counts as public only where all readers take it for the same: a prefix that is
 * encoded, empty segments, dots, parameters behind `;`, backslashes and the like are as good as no prefix at all, in whatever
 * spelling, because the function may resolve them to a path that is not public.
 * @param prefixes plain paths; a slash at the end makes no difference
 */
export function publicPaths(prefixes: readonly string[]): WayIn {
  const trimmed = prefixes.map((prefix) => prefix.replace(/\/$/, ''));
  return {
    withheld: [],
    judge: ({ path }) => (isBelow(path, trimmed) ? EVERYONE : DENIED),
  };
}

function isBelow(target: string, prefixes: readonly string[]): boolean {
  const end = target.indexOf('?');
  const raw = end === -1 ? target : target.slice(0, end);
  // As it came, first: not every reader decodes, so the prefix itself has to be there without escapes.
  const named = prefixes.filter((prefix) => isAt(raw, prefix));
  if (named.length === 0) return false;
  const decoded = plainPath(raw);
  return decoded !== undefined && named.some((prefix) => isAt(decoded, prefix));
}

function isAt(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`);
}

/** The decoded path; undefined: two readers may take it for two. */
function plainPath(path: string): string | undefined {
  if (!VISIBLE.test(path) || ESCAPED_SLASH.test(path)) return undefined;
  const decoded = decodedOf(path);
  if (decoded === undefined) return undefined;
  // Full-width dots and slashes become the usual ones where a reader normalises.
  return [decoded, decoded.normalize('NFKC')].every(isPlain) ? decoded : undefined;
}

function isPlain(path: string): boolean {
  if (CONTROL_OR_BACKSLASH.test(path) || path.includes(';') || ESCAPE.test(path)) return false;
  // The first is empty: the path begins with a slash. So may the last be.
  const [before, ...segments] = path.split('/');
  const named = segments.at(-1) === '' ? segments.slice(0, -1) : segments;
  return before === '' && !named.some((segment) => DOTS.test(segment));
}

/** Undefined: it is not UTF-8. */
function decodedOf(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
