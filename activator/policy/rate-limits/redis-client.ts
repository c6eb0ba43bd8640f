/** Loaded only where limits are kept in a Redis. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createClient } from '@redis/client';
import type { RedisCalls } from './exact-limits.ts';

export interface RedisOptions {
  /** `redis://` or, over TLS, `rediss://`. */
  url: string;
  /**
   * Folder with what there is of `username`, `password`, which are read at each connection, and `ca.crt`, the authority by
   * which its certificate is checked over TLS, read once; undefined: nothing of these.
   */
  secretDir: string | undefined;
}

const CONNECT_MS = 2_000;
const PING_MS = 5_000;
/** Without an answer to anything the connection is taken for dead. */
const SILENCE_MS = 12_000;
const RETRY_MS = { least: 100, most: 3_000 };
const MOST_QUEUED = 4_000;

type Client = ReturnType<typeof clientOf>;

/** Connects, and again whenever the connection is lost, until it is disposed. */
export class RedisConnection implements RedisCalls, Disposable {
  readonly #open: () => Client;
  #client: Client;

  private constructor(open: () => Client) {
    this.#open = open;
    this.#client = open();
  }

  static async open(options: RedisOptions): Promise<RedisConnection> {
    // The client takes none for an address that says that there is no TLS.
    const ca = options.url.startsWith('rediss:') ? await secretPart(options, 'ca.crt') : undefined;
    return new RedisConnection(() => connecting(clientOf(options, ca)));
  }

  get isReady(): boolean {
    return this.#client.isReady;
  }

  async call(command: readonly string[]): Promise<unknown> {
    const client = this.#client;
    try {
      return await client.sendCommand([...command]);
    } catch (error) {
      if (client === this.#client && isOfReplica(error)) this.#openAnew();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#client.destroy();
  }

  /** The other end was made the replica of another, which its name may lead to by now; this connection never would. */
  #openAnew(): void {
    this.#client.destroy();
    this.#client = this.#open();
  }
}

function connecting(client: Client): Client {
  // What is lost is tried again; what follows from it shows in `isReady`.
  client.on('error', () => undefined);
  client.connect().catch(() => undefined);
  return client;
}

function isOfReplica(error: unknown): boolean {
  return error instanceof Error && error.message.includes('READONLY');
}

function clientOf(options: RedisOptions, ca: string | undefined) {
  const retry = (tries: number) =>
    Math.min(RETRY_MS.most, RETRY_MS.least * 2 ** Math.min(tries, 10)) * (0.5 + Math.random() / 2);
  const socket = { connectTimeout: CONNECT_MS, socketTimeout: SILENCE_MS, reconnectStrategy: retry };
  const tls = ca === undefined ? {} : { tls: true as const, ca };
  return createClient({
    url: options.url,
    name: 'catnap-activator',
    pingInterval: PING_MS,
    disableOfflineQueue: true,
    commandsQueueMaxLength: MOST_QUEUED,
    socket: { ...socket, ...tls },
    ...(options.secretDir !== undefined && {
      credentialsProvider: { type: 'async-credentials-provider' as const, credentials: () => credentialsOf(options) },
    }),
  });
}

async function credentialsOf(options: RedisOptions): Promise<{ username?: string; password?: string }> {
  const [username, password] = [await secretPart(options, 'username'), await secretPart(options, 'password')];
  return { ...(username !== undefined && { username }), ...(password !== undefined && { password }) };
}

async function secretPart({ secretDir }: RedisOptions, name: string): Promise<string | undefined> {
  if (secretDir === undefined) return undefined;
  const text = await readFile(join(secretDir, name), 'utf8').catch(() => undefined);
  return text?.trim() === '' ? undefined : text?.trim();
}
