/**
 * A healthy function's replica and its caller, in a thread of their own, so that an attacker's work is not measured as
 * theirs. Each call carries an id that has to come back.
 */
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { READY_PATH } from '#api/names.ts';
import type { Asking, Taken, VictimData } from './victim.ts';

const { uid } = workerData as VictimData;
const CALL_DEADLINE_MS = 10_000;
const WRONG_KEPT = 20;

const agent = new Agent({ keepAlive: true });
const taken: Taken = { timesMs: [], wrong: [] };
let asked = 0;

const server = createServer((req, res) => {
  res.end(req.url === READY_PATH ? uid : `victim ${req.url}`);
});
server.listen(0, '127.0.0.1', () => parentPort?.postMessage((server.address() as AddressInfo).port));

function wrong(what: string): void {
  if (taken.wrong.length < WRONG_KEPT) taken.wrong.push(what);
}

function call({ hostname, port, host, path, echoes }: Asking): void {
  asked += 1;
  const url = `${path}?id=${asked}`;
  const startedMs = performance.now();
  const sent = request({ host: hostname, port, path: url, headers: { host }, agent }, (response) => {
    let text = '';
    response.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    response.on('end', () => {
      taken.timesMs.push(performance.now() - startedMs);
      const right = response.statusCode === 200 && (!echoes || text === `victim ${url}`);
      if (!right) wrong(`${url} got ${response.statusCode} ${text.slice(0, 200)}`);
    });
    response.on('error', (error) => wrong(`${url}: ${error.message}`));
  });
  sent.setTimeout(CALL_DEADLINE_MS, () => sent.destroy(new Error(`no answer within ${CALL_DEADLINE_MS} ms`)));
  sent.on('error', (error) => wrong(`${url}: ${error.message}`));
  sent.end();
}

parentPort?.on('message', (message: Asking | 'take') => {
  if (message !== 'take') {
    setInterval(() => call(message), message.everyMs);
    return;
  }
  parentPort?.postMessage({ timesMs: taken.timesMs.splice(0), wrong: taken.wrong.splice(0) } satisfies Taken);
});
