import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../local/run/free-port.ts';
import { installed, type Side, startOn, stop } from './cores.ts';
import { untilFirstAnswer } from './prober.ts';

export interface Nginx extends AsyncDisposable {
  port: number;
  /** Of its first process, whose one worker does the work. */
  pid: number;
}

const HOST = '127.0.0.1';
/** Where a system that keeps it from ordinary users' paths has it. */
const BINARY = ['nginx', '/usr/sbin/nginx', '/usr/local/sbin/nginx'].find((file) => installed(file, '-v'));

export function hasNginx(): boolean {
  return BINARY !== undefined;
}

/** What nginx is to do. */
export interface NginxPart {
  side: Side;
  /** Configuration within `http`; `LISTEN` in it becomes the address. */
  http: string;
  /** Files for `root files;`, by name. */
  files?: Readonly<Record<string, string>>;
}

/** nginx with one worker, on a free port of the loopback; answers once it is returned. */
export async function startNginx({ side, http, files = {} }: NginxPart): Promise<Nginx> {
  if (BINARY === undefined) throw new Error('nginx is not installed');
  const dir = await mkdtemp(join(tmpdir(), 'catnap-nginx-'));
  const port = await freePort();
  const config = join(dir, 'nginx.conf');
  await writeFile(config, configuration(dir, http.replaceAll('LISTEN', `${HOST}:${port}`)));
  await mkdir(join(dir, 'files'));
  for (const [name, content] of Object.entries(files)) await writeFile(join(dir, 'files', name), content);
  const child = startOn(side, [BINARY, '-c', config, '-p', dir]);
  const end = async () => {
    await stop(child);
    await rm(dir, { recursive: true });
  };
  try {
    await untilFirstAnswer(HOST, port);
  } catch (error) {
    await end();
    throw error;
  }
  return { port, pid: child.pid ?? 0, [Symbol.asyncDispose]: end };
}

function configuration(dir: string, http: string): string {
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((of) => `${of}_temp_path ${dir}/${of};`);
  // Its folder is this user's; a worker that root starts would be somebody else's.
  const user = userInfo().uid === 0 ? 'user root;' : '';
  return `daemon off; worker_processes 1; ${user} pid ${dir}/pid; error_log ${dir}/error.log;
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 1000000000; ${temp.join(' ')}
  ${http}
}
`;
}
