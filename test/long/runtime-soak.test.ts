import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { suite, test } from 'node:test';
import { bundleEnv, Replica } from '../../runtime-image/testing/replica.ts';
import { type Asked, ask, type Outcome } from './soak-client.ts';
import type { Counts } from './soak-handler.ts';

/** Growth of the heap, after a collection, that is no leak: compiled code and the shapes of objects. */
const GROWTH_MAX_BYTES = 2 * 1024 * 1024;
const PLAIN = ['plain', 'later', 'echo', 'whole', 'unread', 'stream', 'plain', 'later', 'plain', 'stream'];
/** Each hundred requests: one that throws, one that times out, one whose client leaves, and 97 others. */
const TROUBLE = [
  ['throw-sync', 'throw-async', 'throw-late'],
  ['time-obedient', 'time-deaf', 'time-stream'],
  ['leave-before', 'leave-stream', 'leave-upload'],
];

function kindOf(n: number): string {
  const [place, hundred] = [n % 100, Math.floor(n / 100)];
  const kinds = TROUBLE[place / 33 - 1];
  return kinds === undefined ? (PLAIN[n % PLAIN.length] ?? '') : (kinds[hundred % kinds.length] ?? '');
}

const FAILED = (message: string) =>
  new RegExp(`^500 own .*"error":"HandlerFailed","message":"${message} ID".*"requestId":"ID"`);
const LATE = /^504 own .*"error":"Timeout".*"requestId":"ID"/;
const EXPECTED: Readonly<Record<string, RegExp>> = {
  plain: /^200 own {"id":"ID"}$/,
  later: /^200 own {"id":"ID"}$/,
  unread: /^200 own {"id":"ID"}$/,
  echo: /^200 own BODY$/,
  whole: /^200 own {"id":"ID","sent":"ID","length":\d+}$/,
  stream: /^200 own ID 0\nID 1\nID 2\nID 3\nID 4\nID 5\n$/,
  'throw-sync': FAILED('sync'),
  'throw-async': FAILED('async'),
  'throw-late': /^200 own ID broken off$/,
  'time-obedient': LATE,
  'time-deaf': LATE,
  'time-stream': /^200 own first broken off$/,
  'leave-before': /^left$/,
  'leave-stream': /^left$/,
  'leave-upload': /^left$/,
  socket: /^closed with 1000$/,
  'socket-leave': /^closed with 1006$/,
  'socket-throw': /^closed with 1011$/,
};

const wrong = (outcomes: readonly Outcome[]) => outcomes.filter(({ kind, seen }) => !EXPECTED[kind]?.test(seen));

/** As gateways say it: a request may be held so long for a place. */
const WAIT = { 'x-catnap-wait-ms': '1000' };

interface Load {
  requests: number;
  /** Clients that ask one after the other. */
  clients: number;
  /** Of the nth request. */
  kind(n: number): string;
}

async function load(asked: Asked, { requests, clients, kind }: Load): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  let next = 0;
  const client = async () => {
    while (next < requests) {
      const n = next++;
      outcomes.push(await ask(asked, kind(n), n));
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return outcomes;
}

async function soak(env: Record<string, string>, headers: Record<string, string>, whole: Load) {
  const source = readFileSync(new URL('./soak-handler.ts', import.meta.url), 'utf8');
  const settings = { CATNAP_HANDLER: 'handle', CATNAP_TIMEOUT_SECONDS: '0.5', ...env };
  await using replica = new Replica({ ...(await bundleEnv(source)), ...settings });
  const agent = new Agent({ keepAlive: true, maxSockets: whole.clients });
  const asked = { origin: await replica.origin(), agent, headers };
  const counts = async () => (await (await fetch(`${asked.origin}/counts`)).json()) as Counts;
  await load(asked, { ...whole, requests: 600 });
  await replica.idle();
  const before = await counts();
  const outcomes = await load(asked, whole);
  await replica.idle();
  const after = await counts();
  assert.deepEqual(wrong(outcomes), []);
  assert.equal(new Set(outcomes.map(({ id }) => id)).size, whole.requests);
  assert.deepEqual(after.listeners, before.listeners);
  assert.deepEqual(after.resources, before.resources);
  const grown = after.heapBytes - before.heapBytes;
  assert.ok(grown < GROWTH_MAX_BYTES, `the heap grew by ${grown} bytes from ${before.heapBytes}`);
  assert.deepEqual(strays(replica), []);
  assert.deepEqual(untold(replica), []);
  // Nothing is pending, or it would wait.
  replica.process.kill('SIGTERM');
  assert.deepEqual(await replica.ended, { code: 0, signal: null });
  agent.destroy();
}

/** Lines of the log that carry another request's id than they speak of, and warnings of Node. */
function strays({ lines }: Replica): unknown[] {
  return lines.filter(({ msg, requestId, warning }) => {
    const [, id] = /^\w+ of (.+)$/.exec(msg) ?? [];
    return warning !== undefined || (id !== undefined && id !== requestId);
  });
}

/** Requests that came to a handler which was never told that they are over. */
function untold({ lines }: Replica): unknown[] {
  const told = new Set(lines.filter(({ msg }) => /^(abort|cancel) of /.test(msg)).map(({ requestId }) => requestId));
  const entered = lines.filter(({ msg }) => msg.startsWith('in of ')).map(({ requestId }) => requestId);
  return entered.filter((id) => !told.has(id));
}

suite('10,000 requests of which some fail, take too long or lose their client', () => {
  test('every answer is right and its own, and nothing is left of them', () =>
    soak({}, {}, { requests: 10_000, clients: 64, kind: kindOf }));

  test('and so with a limit, on connections that are kept, by gateways that want more than that', () =>
    soak({ CATNAP_CONCURRENCY_LIMIT: '20' }, WAIT, { requests: 10_000, clients: 40, kind: kindOf }));

  test('and so of WebSockets', () => {
    const kind = (n: number) => ['socket', 'socket-leave', 'socket-throw'][n % 10] ?? 'socket';
    return soak({}, {}, { requests: 1_000, clients: 32, kind });
  });
});
