import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { ClientCertificate } from '../policy/policy.ts';

/** Longest list of names that is read. */
const NAMES_MAX_CHARACTERS = 16_384;
/** Kind, then the value: as it is, or, where it has characters that could end it, as JSON text. Then the next one, or the end. */
const NAME = /([A-Za-z][A-Za-z0-9 ]*):(?:"((?:[^"\\]|\\.)*)"|([^",]*))(?:, |$)/y;

/** What a connection's client has shown; as in `RequestFacts`. To be called once the handshake is over. */
export function certificateOf(socket: Socket): ClientCertificate | string | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  const shown = socket.getPeerX509Certificate();
  // `authorized` is true of resumed sessions of TLS 1.3 whose client has shown nothing.
  if (shown === undefined) return undefined;
  if (!socket.authorized) return String(socket.authorizationError ?? 'it was not judged');
  const names = subjectNames(shown.subjectAltName ?? '');
  if (names === undefined) return 'its names cannot be read';
  const validToMs = shown.validToDate.getTime();
  return { ...names, subject: shown.subject.replaceAll('\n', ', '), validToMs };
}

/**
 * Names as Node writes them: `DNS:a.example, URI:"spiffe://a/b\u002c c"`. Undefined: it cannot be said for sure where one ends and
 * the next begins, or there are too many.
 */
export function subjectNames(text: string): Pick<ClientCertificate, 'dnsNames' | 'uris'> | undefined {
  if (text.length > NAMES_MAX_CHARACTERS) return undefined;
  const dnsNames: string[] = [];
  const uris: string[] = [];
  for (NAME.lastIndex = 0; NAME.lastIndex < text.length; ) {
    const [, kind, quoted, plain = ''] = NAME.exec(text) ?? [];
    if (kind === undefined) return undefined;
    const value = quoted === undefined ? plain : unquoted(quoted);
    if (value === undefined) return undefined;
    if (kind === 'DNS') dnsNames.push(value.toLowerCase());
    else if (kind === 'URI') uris.push(value);
  }
  return { dnsNames, uris };
}

function unquoted(text: string): string | undefined {
  try {
    return JSON.parse(`"${text}"`);
  } catch {
    return undefined;
  }
}
