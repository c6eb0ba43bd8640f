import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logTime, parseLogLine } from './log-line.ts';

test('a line is its time, with nine digits, and its text as it was written', () => {
  assert.deepEqual(parseLogLine('2026-01-02T03:04:05.123456789Z  two words '), {
    time: '2026-01-02T03:04:05.123456789Z',
    text: ' two words ',
  });
  assert.deepEqual(parseLogLine('2026-01-02T03:04:05Z x'), { time: '2026-01-02T03:04:05.000000000Z', text: 'x' });
  assert.deepEqual(parseLogLine('2026-01-02T03:04:05.5Z '), { time: '2026-01-02T03:04:05.500000000Z', text: '' });
});

test('a time in the zone of its node is told in UTC, and keeps its nanoseconds', () => {
  assert.equal(parseLogLine('2026-01-02T01:30:00.000000001+02:00 x')?.time, '2026-01-01T23:30:00.000000001Z');
  assert.equal(parseLogLine('2026-01-01T23:30:00.9-05:30 x')?.time, '2026-01-02T05:00:00.900000000Z');
});

test('what has no time before it is no line of a container', () => {
  for (const text of ['', 'unable to retrieve container logs for containerd://1', '2026-13-45T99:99:99+99:99 x'])
    assert.equal(parseLogLine(text), undefined, text);
});

test('a moment of ours compares with those of lines', () => {
  const { time } = parseLogLine('2026-01-02T03:04:05.123456789Z x') ?? { time: '' };
  assert.ok(logTime(Date.UTC(2026, 0, 2, 3, 4, 5, 123)) < time && time < logTime(Date.UTC(2026, 0, 2, 3, 4, 5, 124)));
});
