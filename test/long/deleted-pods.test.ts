/** Pods that are deleted at random under load. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { seeded } from '#platform/testing/seeded.ts';
import { Fleet } from '../integration/fleet.ts';

const FOR_MS = 6_000;
const CLIENTS = 24;
/** Shorter than the slowest handlers take: some are cut off. */
const GRACE_MS = 900;

/** Records which requests it was called for; now and then it takes longer than a deleted pod has. */
const RECORDING = `import { appendFileSync } from 'node:fs';
export default async (request: Request) => {
  const id = request.headers.get('x-request-id') ?? '';
  appendFileSync(process.env.RECORD ?? '', id + '\\n');
  const ms = id.endsWith('7') ? 1_500 : 1 + Math.random() * 20;
  await new Promise((resolve) => setTimeout(resolve, ms));
  return id;
}`;

/** Ids by how their requests ended. */
interface Outcome {
  answered: string[];
  failed: { id: string; how: string }[];
}

async function load(fleet: Fleet): Promise<Outcome> {
  const outcome: Outcome = { answered: [], failed: [] };
  const endsAtMs = performance.now() + FOR_MS;
  let sent = 0;
  const client = async () => {
    while (performance.now() < endsAtMs) {
      sent += 1;
      const id = `request-${sent}`;
      const { status, body } = await fleet.ask(sent % 2, { 'x-request-id': id });
      if (status === 200 && body === id) outcome.answered.push(id);
      else outcome.failed.push({ id, how: `${status} ${body}` });
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return outcome;
}

/** One of the pods goes and another one comes, again and again until `signal` aborts, each time when the last one answers. */
async function churn(fleet: Fleet, signal: AbortSignal): Promise<number> {
  const random = seeded(11);
  let deleted = 0;
  while (!signal.aborted) {
    const { names } = fleet;
    await fleet.add();
    fleet.delete(names[Math.floor(random() * names.length)] ?? '', GRACE_MS);
    deleted += 1;
    await fleet.answering(names.length);
  }
  return deleted;
}

test('pods deleted at random under load: none fails whose handler had not begun, none runs twice', async (t) => {
  const directory = mkdtempSync(path.join(tmpdir(), 'catnap-deleted-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const record = path.join(directory, 'begun');
  writeFileSync(record, '');
  const spec = { concurrency: { limit: 5 }, scaling: { maxReplicas: 10 } };
  await using fleet = await Fleet.start({ gateways: 2, source: RECORDING, spec, env: { RECORD: record } });
  for (let i = 0; i < 4; i += 1) await fleet.add();
  await fleet.answering(4);
  const over = new AbortController();
  const churning = churn(fleet, over.signal);
  const { answered, failed } = await load(fleet);
  over.abort();
  const deleted = await churning;
  const begun = readFileSync(record, 'utf8').trim().split('\n');
  t.diagnostic(`${answered.length} answered, ${failed.length} cut off, ${deleted} pods deleted`);
  assert.ok(deleted >= 5 && answered.length > 500);
  const known = new Set(begun);
  assert.deepEqual(
    failed.filter(({ id }) => !known.has(id)),
    [],
  );
  assert.equal(known.size, begun.length);
});
