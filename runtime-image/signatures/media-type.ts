/** The media type of a Content-Type header, lower case and without parameters; '' where there is none. */
export function mediaType(contentType: string | undefined): string {
  return (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** Whether a body of this type is text: JSON, XML, JavaScript, forms and all of `text/`. */
export function isTextual(type: string): boolean {
  return /^text\/|[/+](json|xml)$|^application\/(javascript|x-www-form-urlencoded)$/.test(type);
}

export function isJson(type: string): boolean {
  return /[/+]json$/.test(type);
}

/** Types by file extension, as `res.type('html')` names them. Others stand for bytes. */
const BY_EXTENSION: Readonly<Record<string, string>> = {
  bin: 'application/octet-stream',
  css: 'text/css',
  csv: 'text/csv',
  form: 'application/x-www-form-urlencoded',
  gif: 'image/gif',
  gz: 'application/gzip',
  htm: 'text/html',
  html: 'text/html',
  ico: 'image/vnd.microsoft.icon',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  js: 'text/javascript',
  json: 'application/json',
  jsonld: 'application/ld+json',
  md: 'text/markdown',
  mjs: 'text/javascript',
  mp3: 'audio/mpeg',
  mp4: 'video/mp4',
  pdf: 'application/pdf',
  png: 'image/png',
  svg: 'image/svg+xml',
  text: 'text/plain',
  txt: 'text/plain',
  urlencoded: 'application/x-www-form-urlencoded',
  wasm: 'application/wasm',
  webp: 'image/webp',
  xml: 'application/xml',
  zip: 'application/zip',
};

/** `html`, `.html` or `page.html` → `text/html`; a type stays as it is. */
export function typeOf(nameOrType: string): string {
  if (nameOrType.includes('/')) return nameOrType;
  const extension = nameOrType.slice(nameOrType.lastIndexOf('.') + 1).toLowerCase();
  return BY_EXTENSION[extension] ?? 'application/octet-stream';
}

/** `type` with the charset that text has here; as it is where it names one, or is no text. */
export function withCharset(type: string): string {
  if (/;\s*charset\s*=/i.test(type)) return type;
  return /^text\/|^application\/(json|javascript)$/.test(mediaType(type)) ? `${type}; charset=utf-8` : type;
}
