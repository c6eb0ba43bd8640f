import { isIP } from 'node:net';
import type { Environment } from '@marcbachmann/cel-js';
import { hasFormat } from '../formats.ts';
import { compilePattern } from '../pattern.ts';

function replaceTimes(text: string, from: string, to: string, times: number): string {
  if (times < 0) return text.replaceAll(from, to);
  const parts = text.split(from);
  const replaced = parts.slice(0, times + 1).join(to);
  return [replaced, ...parts.slice(times + 1)].join(from);
}

function matchesOf(text: string, pattern: string): string[] {
  const regexp = compilePattern(pattern);
  return [...text.matchAll(new RegExp(regexp.source, `${regexp.flags}g`))].map(([match]) => match);
}

/** `%s`, `%d`, `%.2f` … with the list's values. */
function formatted(text: string, values: readonly unknown[]): string {
  let next = 0;
  return text.replace(/%(?:\.(\d+))?([sdfexXob%])/g, (_, digits: string | undefined, verb: string) => {
    if (verb === '%') return '%';
    if (next >= values.length) throw new Error(`index ${next} out of range`);
    return formattedValue(values[next++], verb, digits);
  });
}
function formattedValue(value: unknown, verb: string, digits: string | undefined): string {
  const radix = { x: 16, X: 16, o: 8, b: 2 }[verb];
  if (radix !== undefined) {
    const text = (value as bigint).toString(radix);
    return verb === 'X' ? text.toUpperCase() : text;
  }
  if (verb === 'f') return Number(value).toFixed(Number(digits ?? 6));
  if (verb === 'e') return Number(value).toExponential(Number(digits ?? 6));
  return Array.isArray(value)
    ? `[${value.map((item) => formattedValue(item, 's', undefined)).join(', ')}]`
    : String(value);
}

class CelUrl {
  readonly url: URL;
  /** Host and port as they are written: URL drops a port that the scheme implies. */
  readonly host: string;
  constructor(text: string) {
    const isPath = text.startsWith('/');
    if (!isPath && !URL.canParse(text)) throw new Error(`URL parse error during conversion from string: ${text}`);
    this.url = new URL(text, isPath ? 'x-none:/' : undefined);
    this.host = /^[^:/?#]+:\/\/(?:[^@/?#]*@)?([^/?#]*)/.exec(text)?.[1] ?? '';
  }
  get port(): string {
    return /:(\d+)$/.exec(this.host)?.[1] ?? '';
  }
}
function isUrl(text: string): boolean {
  return text.startsWith('/') || (/^[a-z][a-z0-9+.-]*:/i.test(text) && URL.canParse(text));
}

/** Strings, regular expressions, URLs and addresses, as Kubernetes has them beyond standard CEL. */
export function addStringFunctions(environment: Environment): void {
  environment
    .registerFunction('string.charAt(int): string', (text: string, at: bigint) => {
      const characters = [...text];
      if (at < 0n || at > characters.length) throw new Error(`index out of range: ${at}`);
      return characters[Number(at)] ?? '';
    })
    .registerFunction('string.replace(string, string): string', (text: string, from: string, to: string) =>
      text.replaceAll(from, to),
    )
    .registerFunction(
      'string.replace(string, string, int): string',
      (text: string, from: string, to: string, times: bigint) => replaceTimes(text, from, to, Number(times)),
    )
    .registerFunction(
      'string.find(string): string',
      (text: string, pattern: string) => compilePattern(pattern).exec(text)?.[0] ?? '',
    )
    .registerFunction('string.findAll(string): list<string>', matchesOf)
    .registerFunction('string.findAll(string, int): list<string>', (text: string, pattern: string, most: bigint) =>
      matchesOf(text, pattern).slice(0, most < 0n ? undefined : Number(most)),
    )
    .registerFunction('string.format(list<dyn>): string', formatted)
    .registerFunction('isIP(string): bool', (text: string) => isIP(text) > 0)
    .registerFunction('isCIDR(string): bool', (text: string) => hasFormat('cidr', text));
  addUrlFunctions(environment);
}

function addUrlFunctions(environment: Environment): void {
  const part = (read: (url: URL) => string) => (value: CelUrl) => read(value.url);
  environment
    .registerType('kubernetes.URL', { ctor: CelUrl, fields: {} })
    .registerFunction('isURL(string): bool', isUrl)
    .registerFunction('url(string): kubernetes.URL', (text: string) => new CelUrl(text))
    .registerFunction(
      'kubernetes.URL.getScheme(): string',
      part(({ protocol }) => protocol.replace(/^x-none:|:$/g, '')),
    )
    .registerFunction('kubernetes.URL.getHost(): string', ({ host }: CelUrl) => host)
    .registerFunction(
      'kubernetes.URL.getHostname(): string',
      part(({ hostname }) => hostname.replace(/^\[|\]$/g, '')),
    )
    .registerFunction('kubernetes.URL.getPort(): string', ({ port }: CelUrl) => port)
    .registerFunction(
      'kubernetes.URL.getEscapedPath(): string',
      part(({ pathname }) => pathname),
    )
    .registerFunction('kubernetes.URL.getQuery(): map<string, list<string>>', (value: CelUrl) =>
      Object.fromEntries([...value.url.searchParams.keys()].map((key) => [key, value.url.searchParams.getAll(key)])),
    );
}
