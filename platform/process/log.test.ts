import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLog } from './log.ts';

test('a line is JSON with its level as a word, the service and the fields', () => {
  const lines: string[] = [];
  const log = createLog({ service: 'demo', write: (line) => lines.push(line) });
  log.warn({ key: 'a/b', err: new Error('bad') }, 'run failed');
  log.debug('not written');
  assert.equal(lines.length, 1);
  const { level, service, msg, key, err, time } = JSON.parse(lines[0] ?? '');
  assert.deepEqual({ level, service, msg, key }, { level: 'warn', service: 'demo', msg: 'run failed', key: 'a/b' });
  assert.equal(err.message, 'bad');
  assert.equal(new Date(time).toISOString(), time);
});
