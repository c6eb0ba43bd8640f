import { SourceMap } from 'node:module';
import { eventually } from './eventually.ts';

interface Event {
  method: string;
  params: Record<string, unknown>;
}

interface Script {
  scriptId: string;
  url: string;
  sourceMapURL: string;
}

/** A debugger by Node's inspector protocol. */
export class InspectorClient implements Disposable {
  readonly #socket: WebSocket;
  readonly #answers = new Map<number, (result: Record<string, unknown>) => void>();
  readonly #events: Event[] = [];
  #sent = 0;
  #closed = false;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => this.#heard(JSON.parse(String(data))));
    socket.addEventListener('close', () => {
      this.#closed = true;
    });
  }

  /** Once an inspector answers at the port. */
  static async attach(port: number): Promise<InspectorClient> {
    const url = await eventually('the inspector answers', async () => {
      const [target] = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as Record<string, string>[];
      return target?.webSocketDebuggerUrl;
    });
    const socket = new WebSocket(url);
    const client = new InspectorClient(socket);
    await eventually('it is connected', () => socket.readyState === WebSocket.OPEN);
    await client.send('Runtime.enable');
    await client.send('Debugger.enable');
    return client;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  async send(method: string, params: object = {}): Promise<Record<string, unknown>> {
    this.#sent += 1;
    const id = this.#sent;
    const answer = new Promise<Record<string, unknown>>((resolve) => this.#answers.set(id, resolve));
    this.#socket.send(JSON.stringify({ id, method, params }));
    return await answer;
  }

  /** The first event that `holds`; it is taken. */
  async event(
    method: string,
    holds: (params: Record<string, unknown>) => boolean = () => true,
  ): Promise<Event['params']> {
    return await eventually(method, () => {
      const at = this.#events.findIndex((event) => event.method === method && holds(event.params));
      return at === -1 ? undefined : this.#events.splice(at, 1)[0]?.params;
    });
  }

  /** Sets a breakpoint as debuggers do: by the source map of the script that has this source. @param line from 1 */
  async breakAt(source: URL, line: number): Promise<void> {
    const script = await this.event('Debugger.scriptParsed', (params) => sourcesOf(params).includes(source.href));
    const { lineNumber, columnNumber } = placeOf(script as unknown as Script, source, line);
    const { scriptId } = script;
    await this.send('Debugger.setBreakpoint', { location: { scriptId, lineNumber, columnNumber } });
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }

  #heard(message: { id?: number; result?: Record<string, unknown> } & Event): void {
    if (message.id === undefined) this.#events.push(message);
    else this.#answers.get(message.id)?.(message.result ?? {});
  }
}

function mapOf({ sourceMapURL }: Script): { sources: string[] } & ConstructorParameters<typeof SourceMap>[0] {
  return JSON.parse(Buffer.from(sourceMapURL.slice(sourceMapURL.indexOf(',') + 1), 'base64').toString());
}

/** Addresses of a script's sources. */
function sourcesOf(params: Record<string, unknown>): string[] {
  const script = params as unknown as Script;
  if (!script.sourceMapURL.startsWith('data:')) return [];
  return mapOf(script).sources.map((source) => new URL(source, script.url).href);
}

function placeOf(script: Script, source: URL, line: number): { lineNumber: number; columnNumber: number } {
  const map = mapOf(script);
  const parsed = new SourceMap(map);
  for (let lineNumber = 0; lineNumber < 1_000; lineNumber += 1)
    for (let columnNumber = 0; columnNumber < 200; columnNumber += 1) {
      const entry = parsed.findEntry(lineNumber, columnNumber);
      if (!('originalSource' in entry) || entry.generatedLine !== lineNumber) continue;
      const isIt = new URL(entry.originalSource, script.url).href === source.href && entry.originalLine === line - 1;
      if (isIt) return { lineNumber, columnNumber: entry.generatedColumn };
    }
  throw new Error(`line ${line} of ${source.href} is nowhere in the script`);
}
