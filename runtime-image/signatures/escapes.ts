/** What may not stand in a URL, encoded; what is encoded already stays. */
export function encodedUrl(url: string): string {
  return String(url)
    .toWellFormed()
    .replace(/[^\x21\x23-\x3b\x3d\x3f-\x5f\x61-\x7a\x7c\x7e]+|%(?![\dA-Fa-f]{2})/g, encodeURI);
}

const HTML: Readonly<Record<string, string>> = {
  '"': '&quot;',
  '&': '&amp;',
  "'": '&#39;',
  '<': '&lt;',
  '>': '&gt;',
};

export function escapedHtml(text: string): string {
  return text.replace(/["&'<>]/g, (character) => HTML[character] ?? character);
}

/** The header of an answer that is to be saved, under a name that older clients understand as far as they can. */
export function contentDisposition(filename: string | undefined): string {
  if (filename === undefined) return 'attachment';
  const plain = filename.replace(/[^\x20-\x7e\xa0-\xff]/g, '?').replace(/[^\x20-\x7e]/g, '?');
  const isPlain = plain === filename && !/%[\dA-Fa-f]{2}/.test(filename);
  const isToken = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(plain);
  const quoted = isToken ? `filename=${plain}` : `filename="${plain.replace(/["\\]/g, '\\$&')}"`;
  return isPlain ? `attachment; ${quoted}` : `attachment; ${quoted}; filename*=UTF-8''${attributeOf(filename)}`;
}

/** RFC 8187: encoded more than a part of a URL. */
function attributeOf(text: string): string {
  return encodeURIComponent(text).replace(/['()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
}
