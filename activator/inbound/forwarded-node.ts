import { addressOf } from '../upstream/address.ts';

/** One of those that a request came through, the client among them. */
export interface ForwardedNode {
  /** Its address as `addressOf` gives it; undefined: it is not said. */
  address: string | undefined;
  /** As `X-Forwarded-For` has it. */
  listed: string;
  /** As `for=` of `Forwarded` has it, quoted where that has to be. */
  named: string;
}

export const UNKNOWN_NODE: ForwardedNode = { address: undefined, listed: 'unknown', named: 'unknown' };

/** An address of either version, in brackets or not, and maybe a port, which may be obfuscated. */
const NODE = /^(?:\[([\da-f:.]+(?:%[\w.~-]+)?)\]|(\d+\.\d+\.\d+\.\d+))(?::(\d{1,5}|_[\w.-]{1,32}))?$/i;
/** A name that a proxy made up (RFC 7239, 6.3). */
const OBFUSCATED = /^_[\w.-]{1,64}$/;

/**
 * @param text one element of `X-Forwarded-For`, or the value of a `for=` without its quotes. What is neither an address nor
 * a made-up name is `unknown`.
 */
export function nodeOf(text: string): ForwardedNode {
  if (OBFUSCATED.test(text)) return { address: undefined, listed: text, named: text };
  const [, inBrackets, v4, port] = NODE.exec(text) ?? [];
  const address = addressOf(inBrackets ?? v4 ?? text);
  if (address === undefined) return UNKNOWN_NODE;
  return { address, listed: port === undefined ? address : text, named: nodeName(address, port) };
}

/** @param address as `addressOf` gives it, or `unknown`. */
export function nodeName(address: string, port?: string): string {
  const host = address.includes(':') ? `[${address}]` : address;
  if (port !== undefined) return `"${host}:${port}"`;
  return host === address ? address : `"${host}"`;
}
