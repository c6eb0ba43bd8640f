import assert from 'node:assert/strict';
import { test } from 'node:test';
import { captureConsole, JsonLog, jsonLine } from './log.ts';

const TIME = new Date('2026-01-02T03:04:05.006Z');

test('a line begins with time, level and message, which no field can take', () => {
  assert.equal(
    jsonLine(TIME, 'info', 'said', { level: 'other', a: 1n }),
    '{"time":"2026-01-02T03:04:05.006Z","level":"info","msg":"said","a":"1"}\n',
  );
});

test('an error is written with its stack and its cause', () => {
  const error = new TypeError('outer', { cause: new Error('inner') });
  const { err } = JSON.parse(jsonLine(TIME, 'error', 'failed', { err: error }));
  assert.equal(err.name, 'TypeError');
  assert.match(err.stack, /outer/);
  assert.match(err.cause, /inner/);
});

test('what JSON cannot hold is written as text', () => {
  const circular: { self?: unknown } = {};
  circular.self = circular;
  assert.match(JSON.parse(jsonLine(TIME, 'info', 'said', { circular })).fields, /Circular/);
});

test('console becomes lines with the fields of the moment, newlines and all on one line', () => {
  const lines: string[] = [];
  const log = new JsonLog(
    { function: 'f' },
    (line) => lines.push(line),
    () => ({ requestId: 'r' }),
  );
  const console = {} as Console;
  captureConsole(console, log);
  console.log('a %s', 'b', { c: 1 });
  console.error('two\nlines');
  const [first, second] = lines.map((line) => JSON.parse(line));
  assert.deepEqual([first.level, first.msg, first.requestId, first.function], ['info', 'a b { c: 1 }', 'r', 'f']);
  assert.deepEqual([second.level, second.msg], ['error', 'two\nlines']);
});
