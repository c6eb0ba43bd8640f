/** Mistakes in rules, in the words of a real server's compiler. */
import { compilePattern } from '../pattern.ts';

interface LibraryError {
  summary?: string;
  message?: string;
  node?: AstNode | undefined;
  range?: { start: number } | undefined;
}

const WORDINGS: readonly [RegExp, string][] = [
  [/^No such key: (.+)$/, "undefined field '$1'"],
  [/^Unknown variable: (.+)$/, "undeclared reference to '$1' (in container '')"],
  [/^no such overload: (\S+) (\S+) (\S+)$/, "found no matching overload for '_$2_' applied to '($1, $3)'"],
  [
    /^found no matching overload for '([^'.]+)\.(\w+)\((.*)\)'$/,
    "found no matching overload for '$2' applied to '$1.($3)'",
  ],
  [/^found no matching overload for '(\w+)\((.*)\)'$/, "found no matching overload for '$1' applied to '($2)'"],
];

/** `compilation failed: ERROR: <input>:1:5: undefined field 'x'`, with the line and a mark below it. */
export function compilationFailed(source: string, error: unknown): string {
  const { node, range } = error as LibraryError;
  const text = summaryOf(error);
  const wording = WORDINGS.find(([pattern]) => pattern.test(text));
  const message = wording === undefined ? `Syntax error: ${text}` : text.replace(...wording);
  return mistakeAt(source, node === undefined ? (range?.start ?? 0) : offsetOf(source, node), message);
}

/** Where a node is wrong: at the dot of a field, at the operator, at the parenthesis of a call. */
function offsetOf(source: string, { op, args, pos = 0 }: AstNode): number {
  const parts = Array.isArray(args) ? args : [];
  if (op === '.') return Math.max(0, pos - 1);
  if (op === 'rcall' && isNode(parts[1])) return Math.max(0, source.indexOf('(', parts[1].end));
  const [left] = parts;
  return isNode(left) && left.end !== undefined ? Math.max(pos, source.indexOf(op, left.end)) : pos;
}

function mistakeAt(source: string, offset: number, message: string): string {
  const before = source.slice(0, offset).split('\n');
  const column = before.at(-1)?.length ?? 0;
  const line = source.split('\n')[before.length - 1] ?? '';
  const mark = `${'.'.repeat(column)}^`;
  return `compilation failed: ERROR: <input>:${before.length}:${column + 1}: ${message}\n | ${line}\n | ${mark}`;
}

/** What the library says, without its drawing of the place. */
export function summaryOf(error: unknown): string {
  const { summary, message } = error as LibraryError;
  return summary ?? message ?? String(error);
}

const RUNTIME_WORDINGS: readonly [RegExp, string][] = [
  [/^No such key: index out of bounds, index (\d+).*$/, 'index out of bounds: $1'],
  [/^No such key/, 'no such key'],
  [/^integer overflow.*$/, 'integer overflow'],
  [/^(int|double|uint)\(\) type error: cannot convert.*$/, "type conversion error from 'string' to '$1'"],
  [/^(no such overload|found no matching overload).*$/, "'no such overload'"],
];

/** What went wrong in evaluating a rule. */
export function evaluationFailed(error: unknown): string {
  const text = summaryOf(error);
  const wording = RUNTIME_WORDINGS.find(([pattern]) => pattern.test(text));
  return wording === undefined ? text : text.replace(...wording);
}

/** A node of the library's syntax tree. */
export interface AstNode {
  op: string;
  args: unknown;
  start?: number;
  end?: number;
  pos?: number;
}

export function isNode(value: unknown): value is AstNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}

/** All nodes of a tree, the given one first. */
export function nodesOf(node: unknown): AstNode[] {
  if (Array.isArray(node)) return node.flatMap(nodesOf);
  return isNode(node) ? [node, ...nodesOf(node.args)] : [];
}

/** A mistake that the library lets pass: a field in has() that there is not, a pattern that is none. */
export function overlookedMistake(source: string, ast: unknown, check: (part: string) => unknown): string | undefined {
  for (const node of nodesOf(ast)) {
    const mistake = missingField(source, node, check) ?? brokenPattern(source, node) ?? strangeName(source, node);
    if (mistake !== undefined) return mistake;
  }
  return undefined;
}

function missingField(source: string, { op, args }: AstNode, check: (part: string) => unknown): string | undefined {
  if (op !== 'call' || !Array.isArray(args) || args[0] !== 'has') return undefined;
  const [field] = args[1] as AstNode[];
  if (field?.start === undefined || field.end === undefined) return undefined;
  const error = check(source.slice(field.start, field.end));
  // Other complaints are about variables that only the whole expression knows.
  if (error === undefined || !summaryOf(error).startsWith('No such key')) return undefined;
  return mistakeAt(source, field.start - 1, summaryOf(error).replace(/^No such key: (.+)$/, "undefined field '$1'"));
}

/** The library knows `cel.bind`; the server does not. */
function strangeName(source: string, { op, args, start = 0 }: AstNode): string | undefined {
  if (op !== 'id' || args !== 'cel') return undefined;
  return mistakeAt(source, start, "undeclared reference to 'cel' (in container '')");
}

function brokenPattern(source: string, { op, args }: AstNode): string | undefined {
  if (op !== 'rcall' || !Array.isArray(args) || args[0] !== 'matches') return undefined;
  const [pattern] = args[2] as AstNode[];
  if (pattern?.op !== 'value' || typeof pattern.args !== 'string') return undefined;
  try {
    compilePattern(pattern.args);
    return undefined;
  } catch {
    return mistakeAt(source, pattern.start ?? 0, 'invalid matches argument');
  }
}
