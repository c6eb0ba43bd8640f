/** For tests: stands for a pod's process, keeps what it gets as bytes, and is strict about them. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { READY_PATH } from '#api/names.ts';

const REQUEST_LINE = /^([A-Z-]+) ([\x21-\x7e\x80-\xff]+) HTTP\/1\.1$/;
const FIELD =
  /^([!#$%&'*+.^_`|~0-9A-Za-z-]+): ?((?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?)$/;
/** What no replica may receive, as a field or in a trailer. */
const NEVER = /^(?:x-catnap-.*|keep-alive|proxy-connection|proxy-authorization|http2-settings|x-hop)$/;
const NO_TRAILER = /^(?:host|content-length|transfer-encoding|authorization)$/;

export interface Read {
  method: string;
  target: string;
  body: string;
  /** How many bytes it took. */
  size: number;
}

export class Recorder implements AsyncDisposable {
  /** Each whole request as `METHOD target body`, without questions for readiness. */
  readonly requests: string[] = [];
  /** What was no well-formed request, with the reason. */
  readonly malformed: string[] = [];
  /** Requests that broke off. */
  readonly cut: string[] = [];
  readonly #uid: string;
  readonly #answer: (read: Read) => string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  /** @param answer the body of its answer to each request, in ASCII */
  static async start(uid: string, answer: (read: Read) => string = () => 'ok'): Promise<Recorder> {
    const recorder = new Recorder(uid, answer);
    recorder.#server.listen(0, '127.0.0.1');
    await once(recorder.#server, 'listening');
    return recorder;
  }

  private constructor(uid: string, answer: (read: Read) => string) {
    this.#uid = uid;
    this.#answer = answer;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Forgets what came so far. */
  clear(): void {
    for (const list of [this.requests, this.malformed, this.cut]) list.length = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server, 'close');
  }

  #serve(socket: Socket): void {
    let pending = '';
    this.#sockets.add(socket);
    socket.setEncoding('latin1').on('error', () => socket.destroy());
    socket.on('data', (text: string) => {
      pending += text;
      for (let read = this.#read(pending); read !== undefined; read = this.#read(pending)) {
        pending = pending.slice(read.size);
        const isProbe = read.target === READY_PATH;
        if (!isProbe) this.requests.push(`${read.method} ${read.target} ${read.body}`);
        const body = isProbe ? this.#uid : this.#answer(read);
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${read.method === 'HEAD' ? '' : body}`);
      }
    });
    socket.on('close', () => {
      this.#sockets.delete(socket);
      if (pending !== '') this.cut.push(pending.slice(0, 200));
    });
  }

  /** The request that the text begins with; undefined: it is not whole, or none. */
  #read(text: string): Read | undefined {
    try {
      return readRequest(text);
    } catch (error) {
      this.malformed.push(`${String(error)}: ${text.slice(0, 200)}`);
      return undefined;
    }
  }
}

function readRequest(text: string): Read | undefined {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd === -1) return undefined;
  const [line = '', ...lines] = text.slice(0, headEnd).split('\r\n');
  const [, method = '', target = ''] = REQUEST_LINE.exec(line) ?? fail(`request line ${line}`);
  const fields = readFields(lines, NEVER);
  const valuesOf = (name: string) => fields.filter(([key]) => key === name).map(([, value]) => value);
  if (valuesOf('host').length !== 1) fail('not one Host');
  const lengths = valuesOf('content-length');
  const codings = valuesOf('transfer-encoding');
  if (lengths.length + codings.length > 1) fail('two lengths');
  const start = headEnd + 4;
  if (codings.length === 1) {
    if (codings[0]?.toLowerCase() !== 'chunked') fail(`coding ${codings[0]}`);
    return readChunks(text, start, { method, target });
  }
  if (!/^\d*$/.test(lengths[0] ?? '')) fail(`length ${lengths[0]}`);
  const size = start + Number(lengths[0] ?? 0);
  return text.length < size ? undefined : { method, target, body: text.slice(start, size), size };
}

function readChunks(text: string, start: number, request: { method: string; target: string }): Read | undefined {
  let body = '';
  for (let at = start; ; ) {
    const lineEnd = text.indexOf('\r\n', at);
    if (lineEnd === -1) return undefined;
    const line = text.slice(at, lineEnd);
    if (!/^[\da-f]{1,8}$/i.test(line)) fail(`chunk size ${line}`);
    const dataEnd = lineEnd + 2 + Number.parseInt(line, 16);
    if (dataEnd === lineEnd + 2) return readTrailers(text, dataEnd, { ...request, body });
    if (text.length < dataEnd + 2) return undefined;
    if (text.slice(dataEnd, dataEnd + 2) !== '\r\n') fail('a chunk that does not end');
    body += text.slice(lineEnd + 2, dataEnd);
    at = dataEnd + 2;
  }
}

function readTrailers(text: string, start: number, request: Omit<Read, 'size'>): Read | undefined {
  if (text.slice(start, start + 2) === '\r\n') return { ...request, size: start + 2 };
  const end = text.indexOf('\r\n\r\n', start);
  if (end === -1) return undefined;
  for (const [name] of readFields(text.slice(start, end).split('\r\n'), NEVER)) {
    if (NO_TRAILER.test(name)) fail(`trailer ${name}`);
  }
  return { ...request, size: end + 4 };
}

function readFields(lines: readonly string[], never: RegExp): [string, string][] {
  return lines.map((line) => {
    const [, name = '', value = ''] = FIELD.exec(line) ?? fail(`field ${JSON.stringify(line)}`);
    if (never.test(name.toLowerCase())) fail(`field ${name}`);
    return [name.toLowerCase(), value];
  });
}

function fail(reason: string): never {
  throw new Error(reason);
}
