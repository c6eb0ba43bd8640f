/**
 * Text of the cluster as it may be shown on a terminal: without control characters, which would move the cursor, colour what follows or
 * rename the window, and without those that turn the direction of text. Line ends and tabs stay. Pure.
 */
export function printable(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(/(?![\n\t])[\p{Cc}\p{Bidi_Control}]/gu, '\ufffd');
}

/** The same of bytes of UTF-8 as they come. What is no UTF-8 is shown as unknown too. */
export async function* printableStream(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder();
  /** Whether it is half of a line's end is known with the next piece. */
  let held = '';
  for await (const piece of bytes) {
    const text = held + decoder.decode(piece, { stream: true });
    held = text.endsWith('\r') ? '\r' : '';
    yield printable(text.slice(0, text.length - held.length));
  }
  yield printable(held + decoder.decode());
}

/** JSON that a terminal shows as it is: what would command it is escaped, which means the same. Pure. */
export function printableJson(json: string): string {
  return json.replace(
    /(?!\n)[\p{Cc}\p{Bidi_Control}]/gu,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
