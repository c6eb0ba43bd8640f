import type { ShownBody, ShownHeaders } from '#api/invocations-for-people.ts';

/** A body as JSON can have it. @param of.wasCut it is the beginning of a longer one. @param of.mostBytes that are shown */
export function shownBody(body: Uint8Array, { wasCut, mostBytes }: { wasCut: boolean; mostBytes: number }): ShownBody {
  const bytes = body.subarray(0, mostBytes);
  const truncated = wasCut || bytes.length < body.length;
  if (bytes.length === 0) return { bodyBytes: body.length, truncated };
  const text = textOf(bytes, truncated);
  const as = text === undefined ? { bodyBase64: Buffer.from(bytes).toString('base64') } : { body: text };
  return { ...as, bodyBytes: body.length, truncated };
}

/** @param fields name, value, name, value, … */
export function shownHeaders(fields: readonly string[]): ShownHeaders {
  // Names such as __proto__ are names like any other.
  const headers = new Map<string, string[]>();
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const name = String(fields[at]).toLowerCase();
    const values = headers.get(name);
    if (values === undefined) headers.set(name, [String(fields[at + 1])]);
    else values.push(String(fields[at + 1]));
  }
  return Object.fromEntries(headers);
}

/** Undefined: it is no UTF-8. Of what was cut the end may be within a character. */
function textOf(bytes: Uint8Array, isCut: boolean): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, { stream: isCut });
  } catch {
    return undefined;
  }
}
