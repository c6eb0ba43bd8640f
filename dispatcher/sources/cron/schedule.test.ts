import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readSchedule, type Schedule } from './schedule.ts';
import { Schedules } from './schedules.ts';

function scheduleOf(text: string, timeZone = 'UTC'): Schedule {
  const schedule = readSchedule(text, timeZone);
  assert.ok('next' in schedule, JSON.stringify(schedule));
  return schedule;
}

/** The next times after that, as RFC 3339 without what is always zero. */
function nextTimes(text: string, timeZone: string, after: string, most = 3): string[] {
  const schedule = scheduleOf(text, timeZone);
  const times: string[] = [];
  for (let ms = schedule.next(Date.parse(after)); ms !== undefined && times.length < most; ms = schedule.next(ms))
    times.push(new Date(ms).toISOString().replace(/(:00)?\.000Z$/, 'Z'));
  return times;
}

const TIMES: [text: string, zone: string, after: string, ...next: string[]][] = [
  ['0 3 * * *', 'UTC', '2026-01-01T03:00:00Z', '2026-01-02T03:00Z'],
  ['*/15 * * * *', 'UTC', '2026-01-01T00:59:59Z', '2026-01-01T01:00Z', '2026-01-01T01:15Z'],
  ['30 0 3 * * *', 'UTC', '2026-01-01T00:00:00Z', '2026-01-01T03:00:30Z'],
  ['0 9 * * MON-FRI', 'UTC', '2026-01-02T10:00:00Z', '2026-01-05T09:00Z', '2026-01-06T09:00Z'],
  ['0 0 * * 7', 'UTC', '2026-01-01T00:00:00Z', '2026-01-04T00:00Z'],
  ['0 0 * * 0', 'UTC', '2026-01-01T00:00:00Z', '2026-01-04T00:00Z'],
  // Either day, as ever in cron.
  ['0 0 13 * 5', 'UTC', '2026-01-01T00:00:00Z', '2026-01-02T00:00Z', '2026-01-09T00:00Z', '2026-01-13T00:00Z'],
  ['0 0 29 2 *', 'UTC', '2026-01-01T00:00:00Z', '2028-02-29T00:00Z', '2032-02-29T00:00Z'],
  ['0 0 31 * *', 'UTC', '2026-01-31T00:00:00Z', '2026-03-31T00:00Z', '2026-05-31T00:00Z'],
  ['0 0 L * *', 'UTC', '2026-01-31T00:00:00Z', '2026-02-28T00:00Z', '2026-03-31T00:00Z'],
  ['0 0 * * 5L', 'UTC', '2026-01-01T00:00:00Z', '2026-01-30T00:00Z', '2026-02-27T00:00Z'],
  ['0 0 * * 1#2', 'UTC', '2026-01-01T00:00:00Z', '2026-01-12T00:00Z', '2026-02-09T00:00Z'],
  ['0 0 15W * *', 'UTC', '2026-02-01T00:00:00Z', '2026-02-16T00:00Z', '2026-03-16T00:00Z'],
  ['@hourly', 'UTC', '2026-01-01T00:00:00Z', '2026-01-01T01:00Z'],
  ['@Daily', 'Europe/Berlin', '2026-01-01T00:00:00Z', '2026-01-01T23:00Z'],
  ['@midnight', 'UTC', '2026-01-01T00:00:00Z', '2026-01-02T00:00Z'],
  ['@weekly', 'UTC', '2026-01-01T00:00:00Z', '2026-01-04T00:00Z'],
  ['@monthly', 'UTC', '2026-01-01T00:00:00Z', '2026-02-01T00:00Z'],
  ['@yearly', 'UTC', '2026-01-01T00:00:00Z', '2027-01-01T00:00Z'],
  ['@annually', 'UTC', '2026-01-01T00:00:00Z', '2027-01-01T00:00Z'],
  ['0 12 * * *', 'Asia/Kolkata', '2026-01-01T00:00:00Z', '2026-01-01T06:30Z'],
  ['0 0 * * *', 'Pacific/Kiritimati', '2026-01-01T00:00:00Z', '2026-01-01T10:00Z'],
  // Clocks go forward: a time that is left out runs at the moment at which they do.
  ['30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z', '2026-03-29T01:00Z', '2026-03-30T00:30Z'],
  ['30 2 * * *', 'America/New_York', '2026-03-07T12:00:00Z', '2026-03-08T07:00Z', '2026-03-09T06:30Z'],
  ['15 2 * * *', 'Australia/Lord_Howe', '2026-10-03T00:00:00Z', '2026-10-03T15:30Z', '2026-10-04T15:15Z'],
  // Clocks go back: a time that comes twice runs once, the first time.
  ['30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00Z', '2026-10-25T00:30Z', '2026-10-26T01:30Z'],
  ['30 1 * * *', 'America/New_York', '2026-10-31T12:00:00Z', '2026-11-01T05:30Z', '2026-11-02T06:30Z'],
  ['45 1 * * *', 'Australia/Lord_Howe', '2026-04-04T00:00:00Z', '2026-04-04T14:45Z', '2026-04-05T15:15Z'],
  // At an interval, each.
  ['0 * * * *', 'Europe/Berlin', '2026-10-24T23:30:00Z', '2026-10-25T00:00Z', '2026-10-25T01:00Z', '2026-10-25T02:00Z'],
  ['0 * * * *', 'Europe/Berlin', '2026-03-29T00:30:00Z', '2026-03-29T01:00Z', '2026-03-29T02:00Z'],
];

for (const [text, zone, after, ...next] of TIMES)
  test(`${text} in ${zone} is due after ${after} at ${next.join(', ')}`, () => {
    assert.deepEqual(nextTimes(text, zone, after, next.length), next);
  });

test('a day that never comes is never due', () => {
  assert.equal(scheduleOf('0 0 30 2 *').next(Date.parse('2026-01-01T00:00:00Z')), undefined);
});

const FAULTS: [text: string, fault: RegExp][] = [
  ['* 61 * * *', /^at character 3: 61 is no hour; it is 0 to 23$/],
  ['0 3 * * 8', /^at character 9: 8 is no day of the week/],
  ['0 3 0 * *', /^at character 5: 0 is no day of the month; it is 1 to 31$/],
  ['0 0 * 13 *', /^at character 7: 13 is no month/],
  ['0 60 * * * *', /^at character 3: 60 is no minute/],
  ['1,61 * * * *', /^at character 3: 61 is no minute/],
  ['1,,2 * * * *', /^at character 3: a minute is missing$/],
  ['  99 * * * *', /^at character 3: 99 is no minute/],
  ['*/0 * * * *', /^at character 1: "\*\/0" cannot be read as minute/],
  ['5-1 * * * *', /^at character 1: "5-1" cannot be read/],
  ['H * * * *', /^at character 1: "H" cannot be read as minute/],
  ['\u{1f600} * * * *', /^at character 1: /],
  ['@often', /^at character 1: @often is none of @yearly/],
  ['', /^it has 0 fields: give five/],
  ['0 3 * *', /^it has 4 fields: give five/],
  ['* * * * * * 2030', /^it has 7 fields/],
  ['2026-01-01T00:00:00Z', /^it has 1 field:/],
];
for (const [text, fault] of FAULTS)
  test(`of ${JSON.stringify(text)} it is told where the mistake is`, () => {
    const read = readSchedule(text, 'UTC');
    assert.match('fault' in read ? read.fault : 'none', fault);
  });

test('what is no time zone is told', () => {
  for (const zone of ['Local', 'Europe/Nowhere', '+01:00', ''])
    assert.match(JSON.stringify(readSchedule('0 3 * * *', zone)), /is no time zone/, zone);
});

test('whatever is written as an expression is read or refused, and that soon', () => {
  const part = fc.constantFrom(
    '*',
    '0',
    '59',
    '60',
    '1-5',
    '*/7',
    'L',
    'W',
    '#',
    'MON',
    '5#9',
    ',',
    '-',
    '/',
    '?',
    'x',
    '+',
    '99999999999',
  );
  const field = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(''));
  const text = fc.oneof(
    fc.string({ maxLength: 256 }),
    fc.array(field, { minLength: 4, maxLength: 7 }).map((fields) => fields.join(' ')),
  );
  fc.assert(
    fc.property(text, (one) => {
      const read = readSchedule(one, 'Europe/Berlin');
      if ('fault' in read) assert.ok(read.fault.length > 0 && read.fault.length < 400, read.fault);
      else assert.ok((read.next(0) ?? 1) > 0);
    }),
    { numRuns: 500 },
  );
});

test('the last times are those that come one after the other, kept answers or not', () => {
  const text = fc.constantFrom('* * * * *', '*/7 * * * *', '0 * * * *', '30 2 * * *', '*/20 * * * * *');
  const after = fc.integer({ min: Date.parse('2026-03-28T20:00:00Z'), max: Date.parse('2026-03-29T04:00:00Z') });
  fc.assert(
    fc.property(text, after, fc.integer({ min: 0, max: 7_200_000 }), (one, fromMs, spanMs) => {
      const schedule = scheduleOf(one, 'Europe/Berlin');
      const wanted: number[] = [];
      for (let ms = schedule.next(fromMs); ms !== undefined && ms <= fromMs + spanMs; ms = schedule.next(ms))
        wanted.push(ms);
      const kept = new Schedules().of(one, 'Europe/Berlin') as Schedule;
      for (const source of [schedule, kept])
        assert.deepEqual(
          source.last(fromMs, fromMs + spanMs, 5),
          wanted.slice(-5),
          `${one} ${new Date(fromMs).toISOString()}`,
        );
    }),
    { numRuns: 200 },
  );
});

test('many expressions are kept no longer than others need the place', () => {
  const schedules = new Schedules();
  const first = schedules.of('0 0 * * *', 'UTC');
  assert.equal(schedules.of('0 0 * * *', 'UTC'), first);
  for (let n = 0; n < 600; n += 1) schedules.of(`${n % 60} ${n % 24} ${1 + (n % 28)} * *`, `Etc/GMT+${n % 12}`);
  assert.notEqual(schedules.of('0 0 * * *', 'UTC'), first);
});
