/**
 * Text of the cluster as it may be shown on a terminal: without control characters, which would move the cursor, colour what follows or
 * rename the window, and without those that turn the direction of text. Line ends and tabs stay. Pure.
 */
export function printable(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(/(?![\n\t])[\p{Cc}\p{Bidi_Control}]/gu, '\ufffd');
}
