/** One look at a container. */
import { spawn } from 'node:child_process';
import { request } from 'node:http';
import { request as secureRequest } from 'node:https';
import { connect } from 'node:net';
import type { Container } from './pod-context.ts';
import type { Probe } from './probe-state.ts';

export type ProbeResult = { ok: true } | { ok: false; output: string };

export interface ProbeTarget {
  address: string;
  /** Named ports of the container. */
  ports: ReadonlyMap<string, number>;
  env: ReadonlyMap<string, string>;
  cwd: string;
}

export function namedPorts(container: Container): Map<string, number> {
  const named = (container.ports ?? []).filter((port) => port.name !== undefined);
  return new Map(named.map((port) => [port.name ?? '', port.containerPort]));
}

/** Runs a probe, or a hook, which has the same forms. Never rejects. */
export async function runProbe(probe: Probe, target: ProbeTarget, timeoutMs: number): Promise<ProbeResult> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    if (probe.httpGet !== undefined) return await get(probe.httpGet, target, signal);
    if (probe.tcpSocket !== undefined) return await dial(probe.tcpSocket, target, signal);
    if (probe.exec?.command !== undefined) return await execute(probe.exec.command, target, signal);
    return { ok: false, output: 'the local cluster has probes by httpGet, tcpSocket and exec only' };
  } catch (error) {
    if (signal.aborted) return { ok: false, output: `context deadline exceeded (probe timeout of ${timeoutMs} ms)` };
    return { ok: false, output: error instanceof Error ? error.message : String(error) };
  }
}

function portNumber(port: number | string, { ports }: ProbeTarget): number {
  const number = typeof port === 'number' ? port : (ports.get(port) ?? Number(port));
  if (Number.isInteger(number)) return number;
  throw new Error(`the container has no port named "${port}"`);
}

function get(action: NonNullable<Probe['httpGet']>, target: ProbeTarget, signal: AbortSignal): Promise<ProbeResult> {
  const port = portNumber(action.port, target);
  const host = action.host ?? target.address;
  const secure = action.scheme === 'HTTPS';
  const headers = Object.fromEntries((action.httpHeaders ?? []).map(({ name, value }) => [name, value]));
  const options = { host, port, path: action.path ?? '/', agent: false as const, signal, rejectUnauthorized: false };
  const shown = `${secure ? 'https' : 'http'}://${host}:${port}${options.path}`;
  return new Promise((resolve, reject) => {
    const sent = (secure ? secureRequest : request)(
      { ...options, headers: { 'user-agent': 'kube-probe/1.36', accept: '*/*', ...headers, connection: 'close' } },
      (answer) => {
        answer.resume();
        const status = answer.statusCode ?? 0;
        const ok = status >= 200 && status < 400;
        resolve(ok ? { ok } : { ok, output: `HTTP probe failed with statuscode: ${status}` });
      },
    );
    sent.on('error', (error) => reject(new Error(`Get "${shown}": ${error.message}`)));
    sent.end();
  });
}

function dial(action: NonNullable<Probe['tcpSocket']>, target: ProbeTarget, signal: AbortSignal): Promise<ProbeResult> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: action.host ?? target.address, port: portNumber(action.port, target) });
    const stop = (): void => void socket.destroy(new Error('timeout'));
    signal.addEventListener('abort', stop, { once: true });
    socket.once('connect', () => {
      signal.removeEventListener('abort', stop);
      socket.destroy();
      resolve({ ok: true });
    });
    socket.once('error', reject);
  });
}

function execute(
  [program = '', ...args]: readonly string[],
  target: ProbeTarget,
  signal: AbortSignal,
): Promise<ProbeResult> {
  return new Promise((resolve, reject) => {
    const env = Object.fromEntries(target.env);
    const child = spawn(program, args, {
      env,
      cwd: target.cwd,
      signal,
      killSignal: 'SIGKILL',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output: Buffer[] = [];
    const take = (chunk: Buffer): void => void (output.length < 64 && output.push(chunk));
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.once('error', reject);
    child.once('close', (code) => {
      resolve(
        code === 0 ? { ok: true } : { ok: false, output: Buffer.concat(output).toString('utf8').slice(0, 1_024) },
      );
    });
  });
}
