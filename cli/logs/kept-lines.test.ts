import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KeptLine } from '#api/kept-log.ts';
import { CALLER_TOKEN_HEADER } from '#api/names.ts';
import { KubeError } from '#platform/kube/error.ts';
import type { ServiceRequest } from '#platform/kube/service-proxy.ts';
import { keptLines, NoKeeper } from './kept-lines.ts';
import type { FunctionLine, WantedLines } from './wanted-lines.ts';

const kept = (n: number, id: string): KeptLine => ({
  time: `2026-01-01T00:00:0${n}.000000000Z`,
  pod: 'orders-1',
  revision: 'r',
  container: 'function',
  line: `line ${n}`,
  id,
});
const textOf = (lines: readonly KeptLine[]) => lines.map((line) => `${JSON.stringify(line)}\n`).join('');

type Answer = { status?: number; text?: string; cut?: boolean; error?: Error };

/** Answers one after the other; with the last one for ever. */
function aKeeper(answers: readonly Answer[]) {
  const asked: ServiceRequest[] = [];
  async function* bodyOf({ text = '', cut = false }: Answer) {
    yield Buffer.from(text);
    if (cut) throw new KubeError(0, 'NoAnswer', 'cut');
  }
  const serviceProxy = async (request: ServiceRequest) => {
    asked.push(request);
    const answer = answers[Math.min(asked.length, answers.length) - 1] as Answer;
    if (answer.error !== undefined) throw answer.error;
    return { status: answer.status ?? 200, headers: {}, rawHeaders: [], body: bodyOf(answer) };
  };
  const queries = () => asked.map(({ path }) => Object.fromEntries(new URL(path, 'http://x').searchParams));
  return { serviceProxy, asked, queries };
}

const wantedOf = (more: Partial<WantedLines> = {}): WantedLines => ({
  namespace: 'shop',
  name: 'orders',
  follow: false,
  since: undefined,
  request: undefined,
  tail: undefined,
  ...more,
});

async function read(kube: ReturnType<typeof aKeeper>, wanted: WantedLines, until = Number.POSITIVE_INFINITY) {
  const stop = new AbortController();
  const lines: FunctionLine[] = [];
  const notes: string[] = [];
  const token = async () => 'mine';
  const options = { kube, systemNamespace: 'catnap-system', wanted, token, signal: stop.signal };
  for await (const line of keptLines({ ...options, note: (text) => notes.push(text) })) {
    lines.push(line);
    if (lines.length === until) stop.abort();
  }
  return { lines: lines.map(({ line }) => line), notes };
}

test('it asks by way of the API server, with the caller’s own token', async () => {
  const keeper = aKeeper([{ text: textOf([kept(1, 'e-1-1')]) }]);
  const { lines } = await read(keeper, wantedOf({ tail: 5, since: '2026-01-01T00:00:00.000Z', request: 'id' }));
  assert.deepEqual(lines, ['line 1']);
  const [{ namespace, service, path, headers }] = keeper.asked as [ServiceRequest];
  assert.deepEqual([namespace, service], ['catnap-system', 'http:catnap-logs:http']);
  assert.equal(path.split('?')[0], '/v1/namespaces/shop/functions/orders/logs');
  assert.deepEqual(headers, { [CALLER_TOKEN_HEADER]: 'Bearer mine' });
  assert.deepEqual(keeper.queries(), [{ since: '2026-01-01T00:00:00.000Z', request: 'id', limit: '5' }]);
});

test('a stream that is cut goes on after the last line, and what comes again is not shown again', async () => {
  const keeper = aKeeper([
    { text: textOf([kept(1, 'e-1-1'), kept(2, 'e-1-2')]), cut: true },
    { text: `\n${textOf([kept(3, 'e-1-3')])}` },
    // Another keeper, which knows nothing of before and sends all.
    { text: textOf([kept(1, 'f-1-1'), kept(2, 'f-1-2'), kept(3, 'f-1-3'), kept(4, 'f-1-4')]) },
  ]);
  const { lines } = await read(keeper, wantedOf({ follow: true }), 4);
  assert.deepEqual(lines, ['line 1', 'line 2', 'line 3', 'line 4']);
  assert.deepEqual(
    keeper.queries().map(({ after }) => after),
    [undefined, 'e-1-2', 'e-1-3'],
  );
});

test('where there is no keeper, or none that this caller may ask, that is said before any line', async () => {
  for (const [status, why] of [
    [404, /no log keeper is installed/],
    [403, /that this account may ask/],
    [503, /does not run/],
  ] as const) {
    const keeper = aKeeper([{ error: new KubeError(status, 'x', 'y') }]);
    await assert.rejects(read(keeper, wantedOf()), (error) => error instanceof NoKeeper && why.test(error.message));
  }
});

test('what the keeper refuses is told in its words', async () => {
  const refusal = { status: 403, text: '{"error":"Forbidden","message":"this token may not get pods/log"}' };
  await assert.rejects(read(aKeeper([refusal]), wantedOf()), /the log keeper: this token may not get pods\/log/);
});

test('a keeper that is away while it is followed is asked again, and that is said once', async () => {
  const away = { error: new KubeError(503, 'ServiceUnavailable', 'no endpoints available') };
  const keeper = aKeeper([{ text: textOf([kept(1, 'e-1-1')]) }, away, away, { text: textOf([kept(2, 'e-1-2')]) }]);
  const { lines, notes } = await read(keeper, wantedOf({ follow: true }), 2);
  assert.deepEqual([lines, notes.length], [['line 1', 'line 2'], 1]);
});

test('a refusal that never ends is read to its beginning', { timeout: 10_000 }, async () => {
  async function* body() {
    for (;;) yield Buffer.alloc(16_384, 'x');
  }
  const keeper = { serviceProxy: async () => ({ status: 403, headers: {}, rawHeaders: [], body: body() }) };
  const lines = keptLines({
    kube: keeper,
    systemNamespace: 'catnap-system',
    wanted: wantedOf(),
    token: async () => 't',
    signal: new AbortController().signal,
    note: () => undefined,
  });
  await assert.rejects(Array.fromAsync(lines), /the log keeper: it answered 403/);
});
