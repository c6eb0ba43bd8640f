import assert from 'node:assert/strict';
import { test } from 'node:test';
import { showLine } from './show-line.ts';

const of = {
  time: '2026-01-02T03:04:05.123456789Z',
  pod: 'orders-7f3c9a12-8wsf9mbbvw-fc7n9',
  revision: 'r',
  container: 'function',
};
const shown = (line: string, colour = false) => showLine({ ...of, line }, { colour });
const HEAD = '2026-01-02T03:04:05.123Z fc7n9 ';

test('a line has its time, its replica, its level, message and fields', () => {
  const line = {
    time: 'x',
    level: 'info',
    msg: 'sold',
    function: 'orders',
    namespace: 'shop',
    revision: 'r',
    amount: 3,
    to: 'a b',
    requestId: 'id-1',
  };
  assert.equal(shown(JSON.stringify(line)), `${HEAD}INFO  sold amount=3 to="a b" requestId=id-1`);
});

test('stacks are below their line, indented', () => {
  const err = { message: 'x', stack: 'Error: x\n    at run (a.ts:1:2)', cause: 'Error: why' };
  assert.equal(
    shown(JSON.stringify({ level: 'error', msg: 'failed', err })),
    `${HEAD}ERROR failed\n    Error: x\n        at run (a.ts:1:2)\n    caused by: Error: why`,
  );
});

test('text is shown as it is, and a notice as one', () => {
  for (const text of ['listening on 8080', '', '{"no":"message"}', '{"msg":1}', '{'])
    assert.equal(shown(text), `${HEAD}${text}`);
  assert.equal(showLine({ ...of, notice: '3 lines are left out' }, { colour: false }), `${HEAD}… 3 lines are left out`);
});

test('no line steers the terminal', () => {
  for (const text of ['\u001b[2J', '\u009b2J', 'a\rb', '\u202eabc', '\u0007']) {
    for (const line of [text, JSON.stringify({ msg: text, [text]: text, err: { stack: text } })])
      assert.doesNotMatch(shown(line), /(?![\n\t])[\p{Cc}\p{Bidi_Control}]/u);
  }
  assert.ok(shown('{"level":"error","msg":"x"}', true).includes('\u001b[31m'));
});

test('no line looks like several, and no name of a pod or time steers the terminal either', () => {
  const forged = `${HEAD}FATAL forged`;
  assert.equal(shown(JSON.stringify({ level: 'info', msg: `a\n${forged}` })), `${HEAD}INFO  a\n    ${forged}`);
  const line = showLine({ ...of, time: '\u001b[2J', pod: 'a\u001b[2J', line: 'x' }, { colour: false });
  assert.equal(line, '�[2JZ a�[2J x');
});
