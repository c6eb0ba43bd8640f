import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../local/run/free-port.ts';
import { eventually } from './eventually.ts';

const PROGRAM = 'docker-registry';

/** Whether the program of a registry, Debian's package of this name, is on PATH. */
export function hasRegistry(): boolean {
  return spawnSync(PROGRAM, ['--version'], { stdio: 'ignore' }).status === 0;
}

/** A registry of this machine without TLS, empty, until it is disposed. */
export async function startRegistry(): Promise<{ host: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'catnap-registry-'));
  const host = `127.0.0.1:${await freePort()}`;
  const config = { version: '0.1', storage: { filesystem: { rootdirectory: folder } }, http: { addr: host } };
  await writeFile(join(folder, 'config.yml'), JSON.stringify(config));
  const child = spawn(PROGRAM, ['serve', join(folder, 'config.yml')], { stdio: 'ignore' });
  const exited = once(child, 'exit');
  const end = async () => {
    child.kill();
    await exited;
    await rm(folder, { recursive: true });
  };
  await eventually('the registry answers', async () => (await fetch(`http://${host}/v2/`).catch(() => undefined))?.ok);
  return { host, [Symbol.asyncDispose]: end };
}
