import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Client } from 'pg';
import { until } from '#platform/testing/until.ts';

/** Of the newest PostgreSQL that the system's packages installed; undefined: there is none. */
const BIN = globSync('/usr/lib/postgresql/*/bin/initdb').toSorted().map(dirname).at(-1);

/** Why tests that need a PostgreSQL are left out; false: there is one. */
export const withoutPostgres: string | false =
  BIN === undefined && 'not checked: the queue in PostgreSQL, which is not installed';

/** A PostgreSQL of its own, in a folder of its own, on a port that was free. */
export class PostgresServer implements AsyncDisposable {
  readonly url: string;
  readonly #folder: string;
  readonly #port: number;
  readonly #own: string;
  #process!: ChildProcess;

  /** `tls`: it lets in nothing else over the network. */
  static async start({ tls }: { tls?: { cert: string; key: string } } = {}): Promise<PostgresServer> {
    // Its tests write much, and durability is not among them: in memory they do not wait for a disk that others use.
    const parent = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
    const folder = mkdtempSync(join(parent, 'catnap-postgres-'));
    if (account !== undefined) chownSync(folder, account.uid, account.gid);
    const how = ['--username=catnap', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'];
    execFileSync(join(BIN ?? '', 'initdb'), [`--pgdata=${folder}/data`, ...how], {
      ...account,
      stdio: 'ignore',
      cwd: folder,
    });
    if (tls !== undefined) useTls(`${folder}/data`, tls);
    const server = new PostgresServer(folder, await freePort());
    await server.restart();
    return server;
  }

  private constructor(folder: string, port: number) {
    this.#folder = folder;
    this.#port = port;
    this.url = `postgres://catnap@127.0.0.1:${port}/postgres`;
    // What the tests ask themselves, beside a store.
    this.#own = existsSync(`${folder}/data/server.key`) ? `${this.url}?sslmode=no-verify` : this.url;
  }

  /** Begins it again on the same data; resolves once it answers. */
  async restart(): Promise<void> {
    this.#process = this.#spawn();
    const answers = async () => {
      // Processes of one that was killed end a little later, and let no other begin before.
      if (this.#hasEnded) this.#process = this.#spawn();
      return this.sql('SELECT 1').then(
        () => true,
        () => false,
      );
    };
    await until(answers, 'PostgreSQL answers', 30_000);
  }

  get #hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  #spawn(): ChildProcess {
    const settings = [`port=${this.#port}`, 'listen_addresses=127.0.0.1', 'unix_socket_directories='];
    if (existsSync(`${this.#folder}/data/server.key`)) settings.push('ssl=on');
    const args = [...settings, 'deadlock_timeout=50ms'].flatMap((one) => ['-c', one]);
    const options = { ...account, stdio: 'ignore', cwd: this.#folder } as const;
    return spawn(join(BIN ?? '', 'postgres'), ['-D', `${this.#folder}/data`, ...args], options);
  }

  /** SIGKILL as where the machine fails, SIGINT as where it is told to end, which breaks all connections. */
  async end(signal: 'SIGKILL' | 'SIGINT'): Promise<void> {
    if (this.#hasEnded) return;
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill(signal);
    await ended;
  }

  async sql(text: string): Promise<Record<string, unknown>[]> {
    const client = new Client({ connectionString: this.#own });
    client.on('error', () => {});
    await client.connect();
    try {
      return (await client.query(text)).rows;
    } finally {
      await client.end();
    }
  }

  /** While a transaction that has run `text` is open. */
  async holding(text: string, run: () => Promise<void>): Promise<void> {
    const client = new Client({ connectionString: this.#own });
    await client.connect();
    try {
      await client.query(`BEGIN; ${text}`);
      await run();
    } finally {
      await client.end();
    }
  }

  /** As if no store had ever been here, but quicker than to make one. */
  async empty(): Promise<void> {
    const tables = ['totals', 'function_counts', 'namespace_counts', 'entries', 'payloads', 'results', 'cursors'];
    await this.sql(
      `TRUNCATE ${tables.map((table) => `catnap.${table}`).join(', ')};
      ALTER SEQUENCE catnap.places RESTART; ALTER SEQUENCE catnap.epochs RESTART`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGINT');
    rmSync(this.#folder, { recursive: true });
  }
}

/** It refuses to run as root: then it runs as the account that its package made. */
const account: { uid: number; gid: number } | undefined = (() => {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  try {
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return { uid: 65_534, gid: 65_534 };
  }
})();

function useTls(data: string, { cert, key }: { cert: string; key: string }): void {
  writeFileSync(`${data}/server.crt`, cert);
  writeFileSync(`${data}/server.key`, key, { mode: 0o600 });
  if (account !== undefined)
    for (const file of ['crt', 'key']) chownSync(`${data}/server.${file}`, account.uid, account.gid);
  writeFileSync(`${data}/pg_hba.conf`, 'hostssl all all 127.0.0.1/32 trust\n');
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => void probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
