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
  '7z': 'application/x-7z-compressed',
  aac: 'audio/aac',
  apng: 'image/apng',
  atom: 'application/atom+xml',
  avif: 'image/avif',
  bin: 'application/octet-stream',
  bmp: 'image/bmp',
  css: 'text/css',
  csv: 'text/csv',
  doc: 'application/msword',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  epub: 'application/epub+zip',
  geojson: 'application/geo+json',
  gif: 'image/gif',
  gz: 'application/gzip',
  heic: 'image/heic',
  htm: 'text/html',
  html: 'text/html',
  ico: 'image/vnd.microsoft.icon',
  ics: 'text/calendar',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  js: 'text/javascript',
  json: 'application/json',
  jsonld: 'application/ld+json',
  jsx: 'text/jsx',
  log: 'text/plain',
  m3u8: 'application/vnd.apple.mpegurl',
  m4a: 'audio/mp4',
  map: 'application/json',
  markdown: 'text/markdown',
  md: 'text/markdown',
  mjs: 'text/javascript',
  mov: 'video/quicktime',
  mp3: 'audio/mpeg',
  mp4: 'video/mp4',
  mpd: 'application/dash+xml',
  mpeg: 'video/mpeg',
  oga: 'audio/ogg',
  ogg: 'audio/ogg',
  ogv: 'video/ogg',
  otf: 'font/otf',
  pdf: 'application/pdf',
  png: 'image/png',
  ppt: 'application/vnd.ms-powerpoint',
  pptx: 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
  rss: 'application/rss+xml',
  rtf: 'application/rtf',
  sql: 'application/x-sql',
  svg: 'image/svg+xml',
  tar: 'application/x-tar',
  text: 'text/plain',
  tif: 'image/tiff',
  tiff: 'image/tiff',
  toml: 'application/toml',
  ttf: 'font/ttf',
  txt: 'text/plain',
  vcf: 'text/x-vcard',
  vtt: 'text/vtt',
  wasm: 'application/wasm',
  wav: 'audio/wav',
  webm: 'video/webm',
  webmanifest: 'application/manifest+json',
  webp: 'image/webp',
  woff: 'font/woff',
  woff2: 'font/woff2',
  xhtml: 'application/xhtml+xml',
  xls: 'application/vnd.ms-excel',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  xml: 'application/xml',
  yaml: 'text/yaml',
  yml: 'text/yaml',
  zip: 'application/zip',
};

/** `html`, `.html` or `page.html` → `text/html`; a type stays as it is. */
export function typeOf(nameOrType: string): string {
  if (nameOrType.includes('/')) return nameOrType;
  const extension = nameOrType.slice(nameOrType.lastIndexOf('.') + 1).toLowerCase();
  return (Object.hasOwn(BY_EXTENSION, extension) ? BY_EXTENSION[extension] : undefined) ?? 'application/octet-stream';
}

/** `type` with the charset that text has here; as it is where it names one, or is no text. */
export function withCharset(type: string): string {
  if (/;\s*charset\s*=/i.test(type)) return type;
  const isText = /^text\/|^application\/(json|javascript|manifest\+json)$/.test(mediaType(type));
  return isText ? `${type}; charset=utf-8` : type;
}

/** `type` of a text that is sent as UTF-8, whatever charset it named. */
export function asUtf8(type: string): string {
  const [name = '', ...parameters] = type.split(';').map((part) => part.trim());
  const named = parameters.findIndex((parameter) => /^charset\s*=/i.test(parameter));
  const all = named === -1 ? [...parameters, 'charset=utf-8'] : parameters.with(named, 'charset=utf-8');
  return [name.toLowerCase(), ...all.filter((parameter) => parameter !== '')].join('; ');
}

/**
 * The first of `wanted` that the type of a body is, such as `json`, `text/*`, `+json` or `application/json`; the type
 * itself where what was wanted was a pattern. false: none.
 */
export function matchingType(type: string, wanted: readonly string[]): string | false {
  if (!/^[^\s/]+\/[^\s/]+$/.test(type)) return false;
  const match = wanted.length === 0 ? type : wanted.find((one) => fits(type, one));
  if (match === undefined) return false;
  return match.includes('*') || match.startsWith('+') ? type : match;
}

const SHORT: Readonly<Record<string, string>> = {
  multipart: 'multipart/*',
  urlencoded: 'application/x-www-form-urlencoded',
};

function fits(type: string, wanted: string): boolean {
  if (wanted.startsWith('+')) return type.endsWith(wanted);
  const full = (Object.hasOwn(SHORT, wanted) ? SHORT[wanted] : undefined) ?? typeOf(wanted);
  const [main, sub] = full.split('/');
  const [typeMain, typeSub] = type.split('/');
  const isSub = sub === '*' || sub === typeSub || (sub?.startsWith('*+') && typeSub?.endsWith(sub.slice(1)));
  return (main === '*' || main === typeMain) && isSub === true;
}
