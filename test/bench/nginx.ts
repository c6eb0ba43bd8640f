import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../local/run/free-port.ts';
import { untilFirstAnswer } from './prober.ts';

export interface Proxy extends AsyncDisposable {
  url: string;
}

/** nginx with one worker in front of `upstream` (`127.0.0.9:8080`); undefined where it is not installed. */
export async function nginxProxy(upstream: string): Promise<Proxy | undefined> {
  const binary = find();
  if (binary === undefined) return undefined;
  const dir = await mkdtemp(join(tmpdir(), 'catnap-nginx-'));
  const port = await freePort();
  const config = join(dir, 'nginx.conf');
  await writeFile(config, configuration(dir, port, upstream));
  const child = spawn(binary, ['-c', config, '-p', dir], { stdio: 'inherit' });
  await untilFirstAnswer('127.0.0.1', port);
  return {
    url: `http://127.0.0.1:${port}/`,
    async [Symbol.asyncDispose]() {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
      await rm(dir, { recursive: true });
    },
  };
}

function find(): string | undefined {
  const candidates = ['nginx', '/usr/sbin/nginx'];
  return candidates.find((binary) => {
    try {
      execFileSync(binary, ['-v'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  });
}

function configuration(dir: string, port: number, upstream: string): string {
  return `daemon off; worker_processes 1; pid ${dir}/pid; error_log ${dir}/error.log;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path ${dir}/b; proxy_temp_path ${dir}/p; fastcgi_temp_path ${dir}/f; uwsgi_temp_path ${dir}/u; scgi_temp_path ${dir}/s;
  keepalive_requests 1000000;
  upstream backend { server ${upstream}; keepalive 128; keepalive_requests 1000000; }
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass http://backend; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host; }
  }
}
`;
}
