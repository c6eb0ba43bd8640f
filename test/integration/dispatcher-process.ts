/** The dispatcher as a process, and what a gateway says to it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  DISPATCHER_AUDIENCE,
  ENTRIES_PATH,
  type EntryHead,
  type EntryOutcome,
  GATEWAY_AUDIENCE,
  INVOCATIONS_PATH,
  type InvocationStatus,
  type StoredRequest,
} from '#api/invocations.ts';
import { frameParts, readFrames } from '#api/rules/frame.ts';
import { until } from '#platform/testing/until.ts';
import { newSigningKey, TokenSigner } from '../../local/cluster/api-server/auth/json-web-token.ts';

const ISSUER = 'https://kubernetes.default.svc.cluster.local';
const GATEWAY_SUBJECT = 'system:serviceaccount:catnap-system:catnap-activator';
export const DISPATCHER_SUBJECT = 'system:serviceaccount:catnap-system:catnap-dispatcher';

/** Signs as the API server does. */
export class Tokens {
  readonly issuer = ISSUER;
  readonly #signer = new TokenSigner(newSigningKey());

  get keySet(): object {
    return { keys: [this.#signer.publicJwk] };
  }

  /** A gateway's, for the dispatcher; `change` says what is otherwise. */
  ofGateway(change: object = {}): string {
    return this.#sign({ sub: GATEWAY_SUBJECT, aud: [DISPATCHER_AUDIENCE], ...change });
  }

  ofDispatcher(): string {
    return this.#sign({ sub: DISPATCHER_SUBJECT, aud: [GATEWAY_AUDIENCE] });
  }

  #sign(claims: object): string {
    return this.#signer.sign({ iss: ISSUER, exp: Math.floor(Date.now() / 1_000) + 3_600, ...claims });
  }
}

export const DISPATCHER_FROM_SOURCE = [process.execPath, join(import.meta.dirname, '../../dispatcher/main.ts')];

interface StartOptions {
  /** Absent: `env` says where the API server is. */
  apiUrl?: string;
  tokens: Tokens;
  /** It keeps its store and its token there. */
  folder: string;
  env?: Record<string, string>;
  /** How it is started; default: from its source. */
  command?: readonly string[];
  /** A module that is loaded before it, as text. */
  preload?: string | undefined;
}

export class DispatcherProcess implements AsyncDisposable {
  readonly child: ChildProcess;
  /** Of the errors in its log. */
  readonly errors: string[] = [];
  readonly #exited: Promise<unknown>;
  readonly #token: string;
  #ports: { port: number; intakePort: number; opsPort: number } | undefined;

  private constructor(child: ChildProcess, token: string) {
    this.child = child;
    this.#token = token;
    this.#exited = once(child, 'exit');
    if (child.stdout === null) return;
    createInterface(child.stdout).on('line', (line) => {
      const { msg, err, ...rest } = JSON.parse(line);
      if (err !== undefined) this.errors.push(err.message);
      if (msg === 'listening') this.#ports = rest;
    });
  }

  /** Resolves when it listens, or has ended. */
  static async start({ apiUrl, tokens, folder, env = {}, command, preload }: StartOptions): Promise<DispatcherProcess> {
    const tokenFile = join(folder, 'token');
    await writeFile(tokenFile, tokens.ofDispatcher());
    const [file = '', ...args] = command ?? DISPATCHER_FROM_SOURCE;
    const child = spawn(file, args, {
      env: {
        ...(apiUrl !== undefined && { CATNAP_API_URL: apiUrl }),
        CATNAP_STORE_FOLDER: join(folder, 'store'),
        CATNAP_GATEWAY_TOKEN_FILE: tokenFile,
        CATNAP_ACTIVATOR_SUBJECT: GATEWAY_SUBJECT,
        CATNAP_INTAKE_PORT: '0',
        CATNAP_INVOCATIONS_PORT: '0',
        CATNAP_OPS_PORT: '0',
        HOST: '127.0.0.1',
        ...(preload !== undefined && { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(preload)}` }),
        ...env,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const dispatcher = new DispatcherProcess(child, tokens.ofGateway());
    await until(() => dispatcher.#ports !== undefined || child.exitCode !== null, 'it listens', 20_000);
    return dispatcher;
  }

  get intakeUrl(): string {
    return `http://127.0.0.1:${this.#ports?.intakePort}`;
  }

  get opsUrl(): string {
    return `http://127.0.0.1:${this.#ports?.opsPort}`;
  }

  async isReady(): Promise<boolean> {
    return await fetch(`${this.opsUrl}/readyz`).then(
      (response) => response.ok,
      () => false,
    );
  }

  /** Of its metrics; 0: there is none of that name. */
  async metric(sample: string): Promise<number> {
    const text = await (await fetch(`${this.opsUrl}/metrics`)).text();
    const line = text.split('\n').find((one) => one.startsWith(`${sample} `));
    return Number(line?.split(' ').at(-1) ?? 0);
  }

  post(entries: readonly Entry[], token = this.#token): Promise<Response> {
    const body = Buffer.concat(entries.flatMap(framed));
    const headers = { authorization: `Bearer ${token}` };
    return fetch(this.intakeUrl + ENTRIES_PATH, { method: 'POST', body, headers });
  }

  /** Throws where it is refused as a whole. */
  async send(...entries: Entry[]): Promise<EntryOutcome[]> {
    const response = await this.post(entries);
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    return (await response.json()) as EntryOutcome[];
  }

  /** Undefined: there is none of this function. */
  async status(
    id: string,
    uid: string,
    waitSeconds = 0,
  ): Promise<{ status: InvocationStatus; body: string } | undefined> {
    const headers = { authorization: `Bearer ${this.#token}` };
    const query = `?uid=${uid}&wait=${waitSeconds}`;
    const response = await fetch(this.intakeUrl + INVOCATIONS_PATH + id + query, { headers });
    if (response.status === 404) return undefined;
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    const [frame] = readFrames<InvocationStatus>(new Uint8Array(await response.arrayBuffer()), 1);
    if (frame === undefined) throw new Error(`${response.status}: no frame`);
    return { status: frame.json, body: Buffer.from(frame.first).toString() };
  }

  /** Resolves with its exit code. */
  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.child.kill(signal);
    return this.ended();
  }

  /** Resolves with its exit code, once it has one. */
  async ended(): Promise<number | null> {
    await this.#exited;
    return this.child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGKILL');
    await this.#exited;
  }
}

export interface Entry extends EntryHead {
  body?: string;
}

/** One for the function `default/<name>` of a test's cluster. */
export function anEntry(n: number, name = 'mail', more: Partial<Entry> = {}): Entry {
  const id = `0190b9c4-7e3a-7abc-8def-${String(n).padStart(12, '0')}`;
  return { id, uid: `uid-of-${name}`, namespace: 'default', name, body: `body ${n}`, ...more };
}

function framed({ body = '', ...head }: Entry): Uint8Array[] {
  const request: StoredRequest = {
    method: 'POST',
    path: '/',
    headers: ['content-type', 'text/plain'],
    requestId: head.id,
  };
  return frameParts(head, Buffer.from(JSON.stringify(request)), Buffer.from(body));
}
