/** A line for people; no function steers the terminal of who reads its log. Pure. */
import { printable } from '../command-line/printable.ts';
import { type FunctionLine, fieldsOf } from './wanted-lines.ts';

interface Style {
  colour: boolean;
}

const RED = 31;
const YELLOW = 33;
const DIM = 2;
/** Fields that say of each line the same. */
const KNOWN = ['function', 'namespace', 'revision'];
/** Longest value of a field that is shown as it is; nothing of a message is left out. */
const LONGEST_FIELD = 2_000;

/**
 * `<time> <pod> <LEVEL> <message> name=value …`; below it, indented, further lines of the message and the stacks of errors, so that
 * none looks like another line. What is no line of JSON comes as it is.
 */
export function showLine({ time, pod, line, notice }: FunctionLine, style: Style): string {
  const head = painted(printable(`${time.slice(0, 23)}Z ${pod.slice(-5).padEnd(5)}`), DIM, style);
  if (line === undefined) return `${head} ${painted(`… ${printable(notice ?? '')}`, YELLOW, style)}`;
  const fields = fieldsOf(line);
  if (fields === undefined || typeof fields.msg !== 'string') return `${head} ${printable(line)}`;
  return `${head} ${saidBy(fields, style)}`;
}

function saidBy({ time: _, level, msg, ...fields }: Record<string, unknown>, style: Style): string {
  const word = typeof level === 'string' ? level : '';
  const colour = /^(error|fatal)$/.test(word) ? RED : word === 'warn' ? YELLOW : undefined;
  const words = [word.toUpperCase().padEnd(5), String(msg)];
  const stacks: string[] = [];
  for (const [name, value] of Object.entries(fields)) {
    const stack = stackOf(value);
    if (stack !== undefined) stacks.push(stack);
    else if (!KNOWN.includes(name)) words.push(`${name}=${fieldText(value)}`);
  }
  const text = [
    printable(words.join(' ')).replaceAll('\n', '\n    '),
    ...stacks.map((stack) => printable(stack).replace(/^/gm, '    ')),
  ].join('\n');
  return colour === undefined ? text : painted(text, colour, style);
}

function fieldText(value: unknown): string {
  const text = typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
  return text.length > LONGEST_FIELD ? `${text.slice(0, LONGEST_FIELD)}…` : text;
}

/** Of something thrown, with its causes. */
function stackOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('stack' in value) || typeof value.stack !== 'string')
    return undefined;
  const { stack, cause, errors } = value as { stack: string; cause?: unknown; errors?: unknown };
  const others = [cause, ...(Array.isArray(errors) ? errors : [])].filter((other) => other !== undefined);
  return [stack, ...others.map((other) => `caused by: ${String(other)}`)].join('\n');
}

function painted(text: string, code: number, { colour }: Style): string {
  return colour ? `\u001b[${code}m${text}\u001b[0m` : text;
}
