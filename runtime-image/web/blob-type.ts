import { util } from '../builtin.ts';

/** A longer one is taken for none. */
const TYPE_MAX_LENGTH = 1_024;
/** What Blob needs no second look at. */
const PLAIN = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/;
/** The types of a list; a comma within quotes parts nothing. */
const EACH = /(?:"(?:[^"\\]|\\.)*"|[^",])+/g;

/** The type of a Blob that is made of a body with this content type: of several the last that is one; empty: none. */
export function blobTypeOf(contentType: string | null): string {
  if (contentType === null) return '';
  if (PLAIN.test(contentType)) return contentType;
  const types = contentType.length > TYPE_MAX_LENGTH ? [] : (contentType.match(EACH) ?? []);
  return types.map(mimeTypeOf).findLast((type) => type !== '' && type !== '*/*') ?? '';
}

/** As the MIME Sniffing standard writes it; empty when it is none. */
function mimeTypeOf(text: string): string {
  try {
    return String(new util.MIMEType(text));
  } catch {
    return '';
  }
}
