import { randomUuid } from '../builtin.ts';
import { nodeFetch } from './node-fetch.ts';

/** Whether `value` is a FormData. By its tag: a look at the class itself loads Node's fetch implementation. */
export function isForm(value: object): value is FormData {
  return Object.prototype.toString.call(value) === '[object FormData]';
}

/** A form as multipart/form-data; its `type` names the boundary in lower case, as Blob has it. */
export function encodeForm(form: FormData): Blob {
  const boundary = `form-${randomUuid()}`;
  const parts: (string | Blob)[] = [];
  for (const [name, value] of form) {
    const head = `--${boundary}\r\ncontent-disposition: form-data; name="${quoted(name)}"`;
    if (typeof value === 'string') {
      parts.push(`${head}\r\n\r\n${value.replace(/\r\n|\r|\n/g, '\r\n')}\r\n`);
    } else {
      const type = value.type || 'application/octet-stream';
      parts.push(`${head}; filename="${quoted(value.name)}"\r\ncontent-type: ${type}\r\n\r\n`, value, '\r\n');
    }
  }
  parts.push(`--${boundary}--\r\n`);
  return new Blob(parts, { type: `multipart/form-data; boundary=${boundary}` });
}

function quoted(text: string): string {
  return text.replace(/\r\n|\r|\n/g, '%0D%0A').replaceAll('"', '%22');
}

/** A form from its bytes. @param type the content type, with its boundary. @throws TypeError where it is no form. */
export async function parseForm(bytes: Uint8Array<ArrayBuffer>, type: string): Promise<FormData> {
  // Node's own class can parse; an answer of its fetch is the way to it that loads it no sooner than it is needed.
  const NodeResponse = (await nodeFetch('data:,')).constructor as typeof globalThis.Response;
  return new NodeResponse(bytes, { headers: { 'content-type': type } }).formData();
}
