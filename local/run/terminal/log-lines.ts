/** What the terminal of `make run` shows of requests, and of what functions write: one line each. Pure. */

/** A line for people, or nothing. */
export type Shown = string | undefined;

export interface Style {
  colour: boolean;
}

interface JsonLine {
  time?: unknown;
  level?: unknown;
  msg?: unknown;
  [field: string]: unknown;
}

/** Longer texts are cut: a terminal is for looking. In characters. */
const LONGEST = 2_000;
const NAME_WIDTH = 20;
const RED = 31;
const GREEN = 32;
const YELLOW = 33;
const DIM = 2;

/** Of a line of the gateway's log: requests, and why they failed. */
export function gatewayLine(text: string, style: Style): Shown {
  const line = parsed(text);
  if (line?.msg === 'request') return requestLine(line, style);
  if (line?.msg === 'request failed') {
    const why = `${plain(line.code)}: ${plain(line.why)}`;
    return joined(line, nameOfKey(line.function), painted(why, YELLOW, style), style);
  }
  if (line?.msg === 'replica does not answer') {
    return joined(line, nameOfKey(line.function), painted(plain(line.why), RED, style), style);
  }
  return undefined;
}

/** Of a line of the dispatcher's log: what was given up. */
export function dispatcherLine(text: string, style: Style): Shown {
  const line = parsed(text);
  const isMore = line?.msg === 'more invocations are buried';
  if (line === undefined || (line.msg !== 'an invocation is buried' && !isMore)) return undefined;
  const what = isMore ? `buried: ${Number(line.more)} more` : `buried: ${plain(line.why)}`;
  return joined(line, nameOfKey(line.function), painted(what, RED, style), style);
}

function requestLine(line: JsonLine, style: Style): string {
  const status = Number(line.status ?? 0);
  const colour = status >= 500 || status === 0 ? RED : status >= 400 ? YELLOW : GREEN;
  const ended = status === 0 ? 'left' : String(status);
  const cold = Number(line.coldMs) > 0 ? ` (cold start ${milliseconds(line.coldMs)})` : '';
  const attempt = Number(line.attempt) > 0 ? `, attempt ${Number(line.attempt)}` : '';
  const what = `${plain(line.method)} ${plain(line.path)}`;
  const how = `${painted(ended, colour, style)} ${what} ${milliseconds(line.totalMs)}${cold}${attempt}`;
  return joined(line, nameOfKey(line.function), how, style);
}

/**
 * Of a line that a container has written.
 * @param pod its name and namespace, for lines that do not say whose they are
 * @param nowMs when it was read, for lines that do not say when they were written
 */
export function containerLine(
  text: string,
  pod: { name: string; namespace: string },
  nowMs: number,
  style: Style,
): Shown {
  const line = parsed(text);
  const name = `${functionOfPod(pod.name)}.${pod.namespace}`;
  if (line === undefined || typeof line.msg !== 'string') {
    const shown = plain(text);
    return shown.trim() === '' ? undefined : joined({ time: new Date(nowMs).toISOString() }, name, shown, style);
  }
  if (isRuntimesOwn(line)) return undefined;
  const {
    time,
    level,
    msg,
    function: _,
    namespace: __,
    revision: ___,
    requestId: ____,
    traceId: _____,
    ...rest
  } = line;
  const { err, ...fields } = rest;
  const more = Object.keys(fields).length === 0 ? '' : ` ${plain(JSON.stringify(fields))}`;
  const [first = '', ...others] = msg.slice(0, LONGEST).split('\n');
  const said = `${level === 'info' ? '' : `${plain(level)} `}${plain(first)}${more}${indented(others)}${stackOf(err)}`;
  const colour = level === 'error' || level === 'fatal' ? RED : level === 'warn' ? YELLOW : undefined;
  return joined({ time }, name, colour === undefined ? said : painted(said, colour, style), style);
}

/**
 * Of what the program that shows the terminal has to say of a function.
 * @param name as in other lines: `hello.default`
 */
export function noteLine(
  text: string,
  name: string,
  style: Style,
  { nowMs, isBad = false }: { nowMs: number; isBad?: boolean },
): string {
  const lines = text.split('\n').map(plain).join('\n    ');
  return joined({ time: new Date(nowMs).toISOString() }, name, isBad ? painted(lines, RED, style) : lines, style);
}

/** Its starts and stops show in requests; what it says beyond that is of interest. */
function isRuntimesOwn({ level, msg, startSeconds, signal }: JsonLine): boolean {
  if (level !== 'info') return false;
  return (msg === 'started' && startSeconds !== undefined) || (msg === 'leaving' && signal !== undefined);
}

function stackOf(err: unknown): string {
  if (typeof err !== 'object' || err === null) return '';
  const { stack, message } = err as { stack?: unknown; message?: unknown };
  return indented(String(stack ?? message ?? '').split('\n'));
}

/** Lines of one entry after its first: no other entry begins with spaces, so none is taken for one of its own. */
function indented(lines: readonly string[]): string {
  return lines.map((one) => `\n    ${plain(one)}`).join('');
}

/** The function that a pod is of, by the pod's name; any other pod goes by its whole name. */
export function functionOfPod(pod: string): string {
  return /^(.+)-[0-9a-f]{8}-[a-z0-9]{5,10}-[a-z0-9]{5}$/.exec(pod)?.[1] ?? pod;
}

/** `default/hello` → `hello.default`; a dash for a request that found none. */
function nameOfKey(key: unknown): string {
  const [namespace, name] = typeof key === 'string' ? key.split('/') : [];
  return name === undefined ? '-' : `${plain(name)}.${plain(namespace)}`;
}

function joined({ time }: JsonLine, name: string, text: string, style: Style): string {
  return `${painted(clock(time), DIM, style)}  ${painted(plain(name).padEnd(NAME_WIDTH), DIM, style)}  ${text}`;
}

/** The time of day here. */
function clock(time: unknown): string {
  const date = new Date(String(time));
  const at = Number.isNaN(date.getTime()) ? new Date() : date;
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}

function milliseconds(value: unknown): string {
  const ms = Number(value);
  if (!Number.isFinite(ms)) return '';
  return ms < 10
    ? `${Number(ms.toFixed(1))} ms`
    : ms < 10_000
      ? `${Math.round(ms)} ms`
      : `${(ms / 1_000).toFixed(1)} s`;
}

/** A function must not steer the terminal: control characters are shown, not sent. */
function plain(value: unknown): string {
  const text = typeof value === 'string' ? value : value === undefined ? '' : String(value);
  const cut = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is for
  return cut.replace(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function painted(text: string, code: number, { colour }: Style): string {
  return colour && text !== '' ? `\u001b[${code}m${text}\u001b[0m` : text;
}

function parsed(text: string): JsonLine | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text) as JsonLine;
  } catch {
    return undefined; // somebody's text that begins like JSON
  }
}
