import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CHUNK_MAX_BYTES } from './bundle-chunks.ts';
import { limitError, outcomeOf, type Remains } from './compile-outcome.ts';

const LIMITS = { cpuSeconds: 5, wallSeconds: 30 };
const IDLE = '0m0.00s 0m0.00s';
const outcome = (remains: Partial<Remains>) =>
  outcomeOf({ end: `0\n${IDLE}\n${IDLE}\n`, output: '', tookMs: 100, ...remains }, LIMITS);
const says = (result: unknown) => outcome({ output: JSON.stringify(result) });

test('chunks are a result, a refusal is one', () => {
  assert.deepEqual(says({ chunks: ['text:x'] }), { kind: 'made', chunks: ['text:x'], map: [], notes: [] });
  const all = { chunks: ['text:x'], map: ['text:{}'], notes: ['a file is never imported'] };
  assert.deepEqual(says(all), { kind: 'made', ...all });
  const refused = says({ refused: { reason: 'HandlerNotFound', message: 'none' } });
  assert.ok(refused.kind === 'refused');
  assert.deepEqual([refused.error.reason, refused.error.message], ['HandlerNotFound', 'none']);
});

const HOSTILE: Record<string, unknown> = {
  'no chunk': { chunks: [] },
  'an empty chunk': { chunks: [''] },
  'a chunk too long for an environment': { chunks: ['x'.repeat(CHUNK_MAX_BYTES + 1)] },
  'more than can be stored': { chunks: Array(14).fill('x'.repeat(CHUNK_MAX_BYTES)) },
  'a map larger than can be stored': { chunks: ['x'], map: Array(14).fill('x'.repeat(CHUNK_MAX_BYTES)) },
  'notes without an end': { chunks: ['x'], notes: Array(100).fill('x') },
  'a map that is none': { chunks: ['x'], map: {} },
  'a zero': { chunks: ['a\0b'] },
  'no text': { chunks: [1] },
  'more than was asked for': { chunks: ['x'], name: 'other' },
  'another reason': { refused: { reason: 'Ready', message: 'x' } },
  null: null,
};
for (const [name, result] of Object.entries(HOSTILE)) {
  test(`output with ${name} counts as none`, () => assert.equal(says(result).kind, 'ended'));
}

test('what is said of a source has an end', () => {
  const refused = says({ refused: { reason: 'CompileFailed', message: 'x'.repeat(100_000) } });
  assert.ok(refused.kind === 'refused');
  assert.equal(refused.error.message.length, 4_096);
  const made = says({ chunks: ['x'], notes: ['x'.repeat(100_000)] });
  assert.equal(made.kind === 'made' && made.notes[0]?.length, 512);
});

const ENDS: [end: string, tookMs: number, by: string][] = [
  [`1\n${IDLE}\n0m4.70s 0m0.10s\n`, 5_100, 'cpu'],
  [`137\n0m0.00s 0m0.00s\n0m0.04s 0m5.00s\n`, 12_000, 'cpu'],
  [`137\n${IDLE}\n${IDLE}\n`, 30_020, 'time'],
  [`1\n${IDLE}\n0m0.20s 0m0.10s\n`, 250, 'memory'],
  ['', 200, 'memory'],
  ['0\n', 200, 'memory'],
];
for (const [end, tookMs, by] of ENDS) {
  test(`${JSON.stringify(end)} after ${tookMs} ms is an end by ${by}`, () => {
    assert.deepEqual(outcome({ end, tookMs }), { kind: 'ended', by });
  });
}

test('an end by a limit is said with the limit and the way out', () => {
  assert.match(limitError('cpu', LIMITS).message, /took more than 5 s of processor time.*nested.*spec\.image/);
  assert.match(limitError('memory', LIMITS).message, /more memory/);
});
