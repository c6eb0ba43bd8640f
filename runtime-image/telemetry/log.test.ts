import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JsonLog, jsonLine } from './log.ts';
import { textOfLine } from './text-line.ts';

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

test('an error of several is written with all of them', () => {
  const error = Object.assign(new AggregateError([new Error('one'), 'two']), { code: 'ECONNREFUSED' });
  const { err } = JSON.parse(jsonLine(TIME, 'error', 'failed', { err: error }));
  assert.equal(err.code, 'ECONNREFUSED');
  assert.match(err.errors[0], /^Error: one\n/);
  assert.equal(err.errors[1], "'two'");
});

test('an object of any size becomes a line of a bounded one', () => {
  const wide = Object.fromEntries(Array.from({ length: 200_000 }, (_, index) => [`key${index}`, index]));
  const values: unknown[] = [wide, { text: 'x'.repeat(3_000_000) }, new Uint8Array(2_000_000), [[wide]]];
  const lines = values.map((value) => jsonLine(TIME, 'info', 'said', { value }));
  assert.ok(lines.every((line) => line.length < 100_000));
  assert.match(JSON.parse(lines[0] ?? '').fields, /key0: 0[\s\S]*and more/);
  const long = JSON.parse(jsonLine(TIME, 'info', 'x'.repeat(3_000_000), {}));
  assert.match(long.msg, /^x{1048576}… and 1951424 more characters$/);
});

test('fields that throw when they are looked at become a line all the same', () => {
  const hostile = {
    toJSON: () => assert.fail('no'),
    [Symbol.for('nodejs.util.inspect.custom')]: () => assert.fail('no'),
  };
  const { msg, fields } = JSON.parse(jsonLine(TIME, 'info', 'said', { hostile }));
  assert.deepEqual([msg, fields], ['said', 'fields that cannot be written: no']);
});

test('what is no message, and an error in the place of fields, are written all the same', () => {
  const lines: string[] = [];
  const log = new JsonLog(
    {},
    (line) => lines.push(line),
    () => undefined,
  ).with({ requestId: 'r' });
  for (const message of [new Error('no text'), undefined, { a: 1 }]) log.info(message as unknown as string);
  log.error('failed', new Error('why'));
  const said = lines.map((line) => JSON.parse(line));
  assert.match(said[0].msg, /^Error: no text\n {4}at /);
  assert.deepEqual([said[1].msg, said[2].msg], ['undefined', '{ a: 1 }']);
  assert.deepEqual([said[3].err.message, said[3].requestId], ['why', 'r']);
});

test('only what is severe enough is written', () => {
  const lines: string[] = [];
  const log = new JsonLog(
    {},
    (line) => lines.push(line),
    () => undefined,
    'warn',
  );
  log.line('info', 'no');
  log.with({}).debug('no');
  log.line('warn', 'yes');
  log.line('fatal', 'yes');
  assert.equal(lines.length, 2);
});

test('for people a line is text, with the stacks of errors below it', () => {
  const error = new Error('outer', { cause: new Error('inner') });
  error.stack = 'Error: outer\n    at a (index.ts:1:2)';
  (error.cause as Error).stack = 'Error: inner\n    at b (index.ts:3:4)';
  const fields = { function: 'f', requestId: 'r-1', path: '/a b', size: 3, tags: ['x'], err: error };
  assert.equal(
    textOfLine(jsonLine(TIME, 'warn', 'it failed', fields)),
    `2026-01-02T03:04:05.006Z WARN  it failed requestId=r-1 path="/a b" size=3 tags=["x"]
    Error: outer
        at a (index.ts:1:2)
    caused by: Error: inner
        at b (index.ts:3:4)
`,
  );
});
