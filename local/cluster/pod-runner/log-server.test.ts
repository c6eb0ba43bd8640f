import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { FastifyInstance } from 'fastify';
import { until } from '#platform/testing/until.ts';
import { runFiles } from './container-files.ts';
import { LogIndex } from './log-index.ts';
import { type LogSource, startLogServer } from './log-server.ts';

const dir = mkdtempSync(join(tmpdir(), 'cluster-log-'));
const files = runFiles(dir, 0);
let alive = false;
let source: LogSource | undefined;
let server: FastifyInstance;
before(async () => {
  server = await startLogServer('127.0.0.1', 0, ({ container, previous }) => {
    if (container !== 'a') return undefined;
    if (previous) return 'previous terminated container "a" in pod "p" not found';
    return source ?? { files, alive: () => alive };
  });
});
after(async () => {
  await server.close();
  rmSync(dir, { recursive: true, force: true });
});

async function open(path: string): Promise<IncomingMessage> {
  const { port } = server.server.address() as AddressInfo;
  return await new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path: `/containerLogs/n/p/${path}`, agent: false }, resolve).on('error', reject);
  });
}

const text = async (answer: IncomingMessage) => (await answer.toArray()).join('');

test('a part of the log, or the reason why there is none', async () => {
  writeFileSync(files.log, 'one\ntwo\n');
  assert.equal(await text(await open('a?tailLines=1')), 'two\n');
  const previous = await open('a?previous=true');
  assert.deepEqual(
    [previous.statusCode, await text(previous)],
    [400, 'previous terminated container "a" in pod "p" not found'],
  );
  assert.equal((await open('b')).statusCode, 404);
});

test('a log is followed until its program ends', async () => {
  writeFileSync(files.log, 'one\n');
  alive = true;
  const answer = await open('a?follow=true');
  const whole = text(answer);
  appendFileSync(files.log, 'two\n');
  appendFileSync(files.log, 'three\n');
  alive = false;
  assert.equal(await whole, 'one\ntwo\nthree\n');
});

test('a line that is read again has the time that it had before', async () => {
  writeFileSync(files.log, '');
  using index = new LogIndex(files);
  source = { files, alive: () => false, note: () => index.note() };
  appendFileSync(files.log, 'one\n');
  const first = await text(await open('a?timestamps=true'));
  await until(() => new Date().toISOString() > first, 'time has passed');
  appendFileSync(files.log, 'two\n');
  assert.equal((await text(await open('a?timestamps=true'))).slice(0, first.length), first);
  source = undefined;
});

test('times of growth are noted, and a log that grew too large is cut', async () => {
  writeFileSync(files.log, '');
  using _index = new LogIndex(files, 100);
  appendFileSync(files.log, 'short\n');
  const marks = () => readFileSync(files.index, 'utf8');
  await until(() => safely(() => /^6 \d+\n$/m.test(marks())), 'the growth is noted', 10_000);
  appendFileSync(files.log, 'x'.repeat(200));
  await until(() => safely(() => statSync(files.log).size === 0), 'the log is cut', 10_000);
  assert.equal(readFileSync(`${files.log}.1`, 'utf8').length, 206);
});

function safely(look: () => boolean): boolean {
  try {
    return look();
  } catch {
    return false; // the file is not there yet
  }
}
