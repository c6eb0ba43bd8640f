import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type KeptAnswer, readAnswer, writeAnswer } from './kept-answer.ts';

test('an answer is read as it was written', () => {
  const answers: KeptAnswer[] = [
    { head: { status: 200, headers: ['content-type', 'text/plain'], truncated: false }, body: Buffer.from('hé') },
    { head: { status: 204, headers: [], truncated: true }, body: Buffer.alloc(0) },
  ];
  for (const answer of answers) {
    const read = readAnswer(writeAnswer(answer));
    assert.deepEqual([read?.head, Buffer.from(read?.body ?? [])], [answer.head, answer.body]);
  }
});

test('what is no answer is none', () => {
  for (const bytes of [Buffer.alloc(0), Buffer.from('no frame'), Buffer.alloc(12)])
    assert.equal(readAnswer(bytes), undefined);
});
