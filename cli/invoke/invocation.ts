import { validateHeaderName, validateHeaderValue } from 'node:http';
import { PATH_ROUTE_PREFIX } from '#api/names.ts';
import { CommandError } from '../command-line/command-error.ts';
import { EXIT } from '../command-line/exit-codes.ts';

/** The request as it was typed. */
export interface Typed {
  path: string | undefined;
  method: string | undefined;
  /** `Name: value`, in order. */
  headers: readonly string[];
  hasBody: boolean;
}

/** The request as it is sent, before its body. */
export interface Invocation {
  method: string;
  /** At the function: path and query, encoded. */
  target: string;
  /** By lower-case name. */
  headers: Record<string, string[]>;
}

/** Throws a CommandError for what is no method, path or header. Pure. */
export function invocationOf({ path = '/', method, headers, hasBody }: Typed): Invocation {
  const verb = (method ?? (hasBody ? 'POST' : 'GET')).toUpperCase();
  if (!/^[A-Z]{1,32}$/.test(verb) || verb === 'CONNECT') throw usage(`${method} is no method`);
  return { method: verb, target: targetOf(path), headers: headersOf(headers) };
}

/** A path with its query, or a whole URL of which host and scheme are left out. */
function targetOf(path: string): string {
  const text = path.startsWith('/') ? path : `/${path}`;
  const url = `http://function.invalid${text}`;
  if (!URL.canParse(url)) throw usage(`${path} is no path`);
  const { pathname, search } = new URL(url);
  return pathname + search;
}

function headersOf(typed: readonly string[]): Record<string, string[]> {
  const headers: Record<string, string[]> = {};
  for (const each of typed) {
    const colon = each.indexOf(':');
    const name = each.slice(0, Math.max(colon, 0)).trim().toLowerCase();
    const value = each.slice(colon + 1).trim();
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    } catch {
      throw usage(`${JSON.stringify(each)} is no header: write -H 'Name: value'`);
    }
    headers[name] = [...(headers[name] ?? []), value];
  }
  return headers;
}

/**
 * The function's path at the gateway. Throws a CommandError for a path that does not come through the API server as it is: that one takes
 * `//` for `/`, and an encoded slash for one that parts. Pure.
 */
export function pathAtGateway(namespace: string, name: string, target: string): string {
  const [path = ''] = target.split('?');
  if (/%2f|%5c|\/\//i.test(path)) {
    throw usage(`the API server would change the path ${path}; send it to the function's own address with --url`);
  }
  return `${PATH_ROUTE_PREFIX}${namespace}/${name}${target}`;
}

function usage(message: string): CommandError {
  return new CommandError(message, EXIT.usage);
}
