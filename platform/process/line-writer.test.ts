import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { LineWriter, type Write } from './line-writer.ts';

/** Takes writes and keeps them until it is told to let them through. */
class Sink {
  readonly written: string[] = [];
  #pending: (() => void)[] = [];
  stuck = false;
  /** Answered once each before a write succeeds. */
  readonly answers: { error?: NodeJS.ErrnoException; written?: number }[] = [];

  readonly write: Write = (bytes, done) => {
    const finish = () => {
      const { error = null, written = bytes.length } = this.answers.shift() ?? {};
      if (error === null) this.written.push(bytes.subarray(0, written).toString());
      done(error, written);
    };
    if (this.stuck) this.#pending.push(finish);
    else setImmediate(finish);
  };

  release(): void {
    this.stuck = false;
    for (const finish of this.#pending.splice(0)) finish();
  }
}

test('lines are written together, whole, in their order', async () => {
  const sink = new Sink();
  const lines = Array.from({ length: 200 }, (_, i) => `${i}${'é'.repeat(40)}\n`);
  {
    await using writer = new LineWriter(sink.write);
    for (const line of lines) writer.add(line);
  }
  assert.equal(sink.written.join(''), lines.join(''));
  assert.ok(sink.written.length < 10);
  assert.ok(sink.written.every((text) => text.endsWith('\n') && Buffer.byteLength(text) <= 4_096));
});

test('what nobody reads is dropped beyond a megabyte, and counted', async () => {
  const sink = new Sink();
  sink.stuck = true;
  await using writer = new LineWriter(sink.write);
  for (let i = 0; i < 2_000; i += 1) writer.add(`${'x'.repeat(1_023)}\n`);
  assert.equal(writer.dropped, 2_000 - 1_024);
  sink.release();
});

test('a write that is cut short, or has to be tried again, loses nothing', async () => {
  const sink = new Sink();
  sink.answers.push({ written: 3 }, { error: Object.assign(new Error('full'), { code: 'EAGAIN' }) }, {});
  {
    await using writer = new LineWriter(sink.write);
    writer.add('abcdef\n');
    assert.equal(writer.dropped, 0);
  }
  assert.deepEqual(sink.written, ['abc', 'def\n']);
});

test('lines that cannot be written at all are counted', async () => {
  const sink = new Sink();
  sink.answers.push({ error: Object.assign(new Error('closed'), { code: 'EPIPE' }) });
  const writer = new LineWriter(sink.write);
  writer.add('a\n');
  writer.add('b\n');
  await writer[Symbol.asyncDispose]();
  assert.equal(writer.dropped, 2);
});

test('a reader that does not read holds up neither the event loop nor the end', async () => {
  const url = new URL('line-writer.ts', import.meta.url).href;
  const child = spawn(
    process.execPath,
    [
      '--input-type=module',
      '--eval',
      `import { LineWriter, writeTo } from ${JSON.stringify(url)};
       const writer = new LineWriter(writeTo(1));
       for (let i = 0; i < 3000; i += 1) writer.add('x'.repeat(100) + '\\n');
       const beganMs = performance.now();
       setTimeout(async () => {
         const lateMs = performance.now() - beganMs;
         await writer[Symbol.asyncDispose]();
         process.send({ lateMs, tookMs: performance.now() - beganMs - lateMs });
       }, 200);`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] },
  );
  const [{ lateMs, tookMs }] = (await once(child, 'message')) as [{ lateMs: number; tookMs: number }];
  child.kill('SIGKILL');
  assert.ok(lateMs < 1_500, `${lateMs} ms`);
  assert.ok(tookMs < 3_000, `${tookMs} ms`);
});
