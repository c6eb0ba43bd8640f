/** An OpenID provider in a process of its own, which is stopped and started with other keys. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from '../../local/run/free-port.ts';

const PROGRAM = join(import.meta.dirname, 'oidc-provider.mjs');

export class OidcProvider implements AsyncDisposable {
  readonly issuer: string;
  readonly #port: number;
  #process: ChildProcess | undefined;

  static async start(alg: 'ES256' | 'RS256' = 'ES256'): Promise<OidcProvider> {
    const provider = new OidcProvider(await freePort());
    await provider.restart(alg);
    return provider;
  }

  private constructor(port: number) {
    this.#port = port;
    this.issuer = `http://127.0.0.1:${port}`;
  }

  /** With a new key, at the same address. */
  async restart(alg: 'ES256' | 'RS256'): Promise<void> {
    await this.stop();
    const child = spawn(process.execPath, [PROGRAM, String(this.#port), alg], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#process = child;
    child.stderr.resume();
    for await (const line of createInterface({ input: child.stdout })) if (line === 'listens') break;
    child.stdout.resume();
    if (child.exitCode !== null) throw new Error(`the provider ended with ${child.exitCode}`);
  }

  async stop(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  /** A token of the client `robot`. */
  async token(audience: string, scope = 'read'): Promise<string> {
    const answer = await fetch(`${this.issuer}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa('robot:robot-secret')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', resource: audience, scope }),
    });
    const { access_token: token } = (await answer.json()) as { access_token?: string };
    if (token === undefined) throw new Error(`the provider gives no token: ${answer.status}`);
    return token;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}
