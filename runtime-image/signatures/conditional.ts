import type { IncomingHttpHeaders } from 'node:http';

/** What an answer says of its content. */
interface Validators {
  etag: string | undefined;
  lastModified: string | undefined;
}

/**
 * Whether the client has the answer already, as its request says: `If-None-Match`, else `If-Modified-Since`. A client
 * that says `Cache-Control: no-cache` wants it all the same.
 */
export function isFresh(headers: IncomingHttpHeaders, { etag, lastModified }: Validators): boolean {
  const { 'if-none-match': tags, 'if-modified-since': since } = headers;
  if (/(?:^|,)\s*no-cache\s*(?:,|$)/.test(headers['cache-control'] ?? '')) return false;
  if (tags) return tags === '*' || (etag !== undefined && hasTag(tags, etag));
  return since !== undefined && lastModified !== undefined && Date.parse(lastModified) <= Date.parse(since);
}

/** Weakly compared: `W/"a"` and `"a"` are the same. */
function hasTag(list: string, etag: string): boolean {
  const strong = (tag: string) => tag.trim().replace(/^W\//, '');
  return list.split(',').some((tag) => strong(tag) === strong(etag));
}
