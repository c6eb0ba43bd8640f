import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { inherited } from './settings.ts';

const PROGRAMS = ['chromium', 'chromium-browser', 'google-chrome'];
const LISTENS = /^DevTools listening on ws:\/\/([^/]+)\//;
const START_MS = 30_000;

interface Answer {
  id?: number;
  result?: { result: { value?: unknown }; exceptionDetails?: { text: string; exception?: { description?: string } } };
}

/** Chromium without a window, by its DevTools protocol. All names lead to this machine. */
export class Browser implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #profile: string;
  readonly #address: string;

  private constructor(process: ChildProcess, profile: string, address: string) {
    this.#process = process;
    this.#profile = profile;
    this.#address = address;
  }

  /** Undefined: there is none on PATH. */
  static async start(): Promise<Browser | undefined> {
    const profile = await mkdtemp(join(tmpdir(), 'catnap-browser-'));
    for (const program of PROGRAMS) {
      const process = spawn(program, flagsFor(profile), {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: { ...inherited, HOME: profile },
      });
      const address = await addressOf(process).catch(async (error) => {
        process.kill('SIGKILL');
        await rm(profile, { recursive: true, force: true, maxRetries: 10 });
        throw error;
      });
      if (address !== undefined) return new Browser(process, profile, address);
    }
    await rm(profile, { recursive: true, force: true });
    return undefined;
  }

  /** What `expression`, which may be a promise, comes to on the page at `url`. */
  async evaluate(url: string, expression: string): Promise<unknown> {
    const page = await fetch(`http://${this.#address}/json/new?${encodeURIComponent(url)}`, { method: 'PUT' });
    const { webSocketDebuggerUrl } = (await page.json()) as { webSocketDebuggerUrl: string };
    const socket = new WebSocket(webSocketDebuggerUrl);
    await once(socket, 'open');
    try {
      const loaded = await ask(
        socket,
        `new Promise((done) => {
        const look = () => location.href === ${JSON.stringify(url)} && document.readyState === 'complete' ? done() : setTimeout(look, 10);
        look();
      })`,
      );
      return loaded ?? (await ask(socket, expression));
    } finally {
      socket.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await ended;
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 10 });
  }
}

function flagsFor(profile: string): string[] {
  return [
    ...['--headless=new', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-sync'],
    // Tests run as root in containers too, where its sandbox cannot be made; it sees no page but those of the test.
    ...['--no-sandbox', '--disable-dev-shm-usage', '--host-resolver-rules=MAP * 127.0.0.1'],
    ...['--remote-debugging-port=0', `--user-data-dir=${profile}`, 'about:blank'],
  ];
}

/** Where its DevTools listen; undefined: there is no such program. */
async function addressOf(process: ChildProcess): Promise<string | undefined> {
  const missing = once(process, 'error').then(() => undefined);
  if (process.stderr === null) return undefined;
  const lines = createInterface(process.stderr);
  const listens = new Promise<string>((resolve, reject) => {
    lines.on('line', (line) => {
      const address = LISTENS.exec(line)?.[1];
      if (address !== undefined) resolve(address);
    });
    process.once('exit', (code) => reject(new Error(`the browser ended with ${code}`)));
    AbortSignal.timeout(START_MS).addEventListener('abort', () => reject(new Error('the browser does not start')));
  });
  listens.catch(() => undefined);
  return Promise.race([missing, listens]);
}

async function ask(socket: WebSocket, expression: string): Promise<unknown> {
  const answered = new Promise<Answer>((resolve, reject) => {
    const onMessage = ({ data }: MessageEvent) => {
      const answer = JSON.parse(String(data)) as Answer;
      if (answer.id !== 1) return;
      socket.removeEventListener('message', onMessage);
      resolve(answer);
    };
    socket.addEventListener('message', onMessage);
    socket.addEventListener('close', () => reject(new Error('the page is gone')));
  });
  const params = { expression, awaitPromise: true, returnByValue: true };
  socket.send(JSON.stringify({ id: 1, method: 'Runtime.evaluate', params }));
  const { result } = await answered;
  const { exceptionDetails: failure } = result ?? {};
  if (failure !== undefined) throw new Error(failure.exception?.description ?? failure.text);
  return result?.result.value;
}
