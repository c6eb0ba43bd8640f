import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { type LogLine, replicaOf } from '../testing/replica.ts';
import { captureConsole } from './console.ts';
import { JsonLog } from './log.ts';

function captured() {
  const lines: LogLine[] = [];
  const log = new JsonLog(
    { function: 'f' },
    (line) => lines.push(JSON.parse(line)),
    () => ({ requestId: 'r' }),
  );
  const console = {} as Console;
  captureConsole(console, log);
  return { console, lines };
}

test('console becomes lines with the fields of the moment, newlines and all on one line', () => {
  const { console, lines } = captured();
  console.log('a %s', 'b', { c: 1 });
  console.error('two\nlines');
  const [first, second] = lines;
  assert.deepEqual([first?.level, first?.msg, first?.requestId, first?.function], ['info', 'a b { c: 1 }', 'r', 'f']);
  assert.deepEqual([second?.level, second?.msg], ['error', 'two\nlines']);
});

test('dir takes its options', () => {
  const { console, lines } = captured();
  console.dir({ a: { b: { c: { d: 1 } } } }, { depth: 0 });
  assert.equal(lines[0]?.msg, '{ a: [Object] }');
});

test('what throws when it is shown does not reach the caller', () => {
  const { console, lines } = captured();
  console.log({ [Symbol.for('nodejs.util.inspect.custom')]: () => assert.fail('hostile') });
  assert.match(lines[0]?.msg ?? '', /cannot be shown: hostile/);
});

suite('what a function writes to console', { concurrency: 3 }, () => {
  test('is a line of JSON with its request’s id, whatever the method; what it writes to stdout stays as it is', async () => {
    await using replica = await replicaOf(`export default () => {
      console.table([{ a: 1 }]);
      console.group('group'); console.log('in it'); console.groupEnd();
      console.count(); console.countReset('none');
      console.time('t'); console.timeLog('t', 'more'); console.timeEnd('t');
      console.assert(true, 'not said'); console.assert(false, 'assert %s', 1);
      console.dirxml({ x: 1 }); console.dir({ y: 1 }); console.trace('trace');
      console.debug('debug'); console.info('info'); console.warn('warn'); console.error(new Error('error'));
      process.stdout.write('raw text\\n');
      console.log('last');
      return 'x';
    }`);
    await fetch(await replica.origin(), { headers: { 'x-request-id': 'r-1' } });
    await replica.line((line) => line.msg === 'last');
    const said = replica.lines.filter((line) => line.requestId === 'r-1' && line.warning === undefined);
    const shown = said.map(({ level, msg }) => `${level} ${msg.replace(/[\d.]+m?s/, 'TIME').split('\n')[0]}`);
    assert.deepEqual(shown, [
      'info ┌─────────┬───┐',
      'info group',
      'info in it',
      'info default: 1',
      'info t: TIME more',
      'info t: TIME',
      'warn Assertion failed: assert 1',
      'info { x: 1 }',
      'info { y: 1 }',
      'debug trace',
      'debug debug',
      'info info',
      'warn warn',
      'error Error: error',
      'info last',
    ]);
    assert.deepEqual(replica.texts, ['raw text']);
    await replica.line((line) => line.level === 'warn' && /Count for 'none'/.test(line.msg));
  });

  test('a huge object does not end the replica', async () => {
    await using replica = await replicaOf(`export default (_request, { log }) => {
      const huge = Object.fromEntries(Array.from({ length: 300_000 }, (_, index) => ['key' + index, { index }]));
      console.log(huge);
      log.info('with fields', { huge, text: 'x'.repeat(20_000_000) });
      return 'alive';
    }`);
    assert.equal(await (await fetch(await replica.origin())).text(), 'alive');
    const line = await replica.line(({ msg }) => msg === 'with fields');
    assert.match(String(line.fields), /key0: \{ index: 0 \}/);
  });

  test('is text for people where that is asked for, no less severe than is asked for', async () => {
    await using replica = await replicaOf(
      `export default (_request, { log }) => {
        log.info('info'); log.warn('a thing', { size: 3 });
        throw new Error('no luck');
      }`,
      { CATNAP_LOG_FORMAT: 'text', CATNAP_LOG_LEVEL: 'info' },
    );
    const port = /\bport=(\d+)/.exec(await replica.text(/INFO {2}started /))?.[1];
    await fetch(`http://127.0.0.1:${port}`, { headers: { 'x-request-id': 'r-1' } });
    await replica.text(/^\S+Z WARN {2}a thing requestId=r-1 size=3$/);
    await replica.text(/^\S+Z ERROR handler failed requestId=r-1$/);
    await replica.text(/^ {4}Error: no luck$/);
    await replica.text(/^ {8}at .*\/function\/index\.ts:3:15/);
    assert.deepEqual(replica.lines, []);
  });

  test('stacks are of the user’s own files, wherever they are said', async () => {
    await using replica = await replicaOf(`export default async () => {
      console.trace('trace');
      console.error('with', new Error('logged'));
      console.log({ nested: new Error('nested') });
      try { new Response('', { status: 99 }); } catch (error) { console.error(error); }
      throw new Error('thrown', { cause: new Error('cause') });
    }`);
    const answer = await fetch(await replica.origin(), { headers: { 'x-request-id': 'r-1' } });
    assert.equal(answer.status, 500);
    await replica.line(({ msg }) => msg === 'handler failed');
    const said = JSON.stringify(replica.lines.filter(({ requestId }) => requestId === 'r-1'));
    assert.doesNotMatch(said, /runtime\.mjs/);
    // Of each stack the first frame is where it happened.
    for (const line of [2, 3, 4, 5, 6])
      assert.match(said, new RegExp(`\\\\n +at [^\\\\]*/function/index\\.ts:${line}:`));
  });
});
