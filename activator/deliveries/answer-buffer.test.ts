import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AnswerBuffer } from './answer-buffer.ts';

/** Room for so many bytes. */
class Share {
  held = 0;
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  mayKeep(bytes: number): boolean {
    return this.held + bytes <= this.#most;
  }
  kept(bytes: number): void {
    this.held += bytes;
  }
}

test('pieces of any size are put together, and not touched afterwards', () => {
  const answer = new AnswerBuffer(100_000, undefined);
  const piece = Buffer.from('abc');
  for (let i = 0; i < 5_000; i += 1) answer.add(piece);
  piece.fill(0);
  assert.equal(answer.bytes.toString(), 'abc'.repeat(5_000));
  assert.equal(answer.truncated, false);
});

test('up to the bound is kept, and it is said that there was more', () => {
  for (const [most, kept, truncated] of [
    [5, 'abcde', true],
    [6, 'abcdef', false],
    [7, 'abcdef', false],
    [3, 'abc', true],
    [0, '', true],
  ] as const) {
    const answer = new AnswerBuffer(most, undefined);
    answer.add(Buffer.from('abc'));
    answer.add(Buffer.alloc(0));
    answer.add(Buffer.from('def'));
    assert.deepEqual([answer.bytes.toString(), answer.truncated], [kept, truncated], String(most));
  }
});

test('nothing is no more than nothing', () => {
  const answer = new AnswerBuffer(0, undefined);
  answer.add(Buffer.alloc(0));
  assert.deepEqual([answer.bytes.length, answer.truncated], [0, false]);
});

test('what it holds is counted, ends where there is no memory for more, and is let go of', () => {
  const share = new Share(10_000);
  const answer = new AnswerBuffer(1_000_000, share);
  for (let i = 0; i < 20; i += 1) answer.add(Buffer.alloc(1_000, 'x'));
  assert.ok(share.held <= 10_000 && share.held >= answer.bytes.length);
  assert.ok(answer.bytes.length >= 4_000 && answer.bytes.length <= 10_000);
  assert.equal(answer.truncated, true);
  answer.letGo();
  answer.letGo();
  assert.equal(share.held, 0);
});
