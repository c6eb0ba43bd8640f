import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { type Replica, replicaOf } from '../testing/replica.ts';

/** A handler that answers after `?ms=`, and does what its path says; errors that nothing can catch come from timers. */
const HANDLER = `
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const crash = (message, ms) => setTimeout(() => { throw new Error(message); }, ms);
export const dispose = () => console.log('disposed');
export default async (request: Request, context) => {
  const { pathname, searchParams } = new URL(request.url);
  console.log('in ' + pathname);
  if (pathname === '/exit') process.exit(3);
  if (pathname === '/answered') { void wait(300).then(() => { throw new Error('answered'); }); return 'answered'; }
  if (pathname === '/waitUntil') { context.waitUntil(wait(50).then(() => crash('waitUntil', 0)).then(() => wait(60_000))); return 'ok'; }
  if (pathname === '/kept') { context.waitUntil(wait(1_000).then(() => console.log('kept'))); return 'ok'; }
  if (pathname === '/stray') { crash('stray', Number(searchParams.get('after') ?? 0)); await new Promise(() => undefined); }
  if (pathname === '/stream') {
    return new ReadableStream({
      start(controller) { controller.enqueue(new TextEncoder().encode('some')); crash('stream', 50); },
      cancel() { console.log('cancelled'); },
    });
  }
  await wait(Number(searchParams.get('ms') ?? 0));
  return 'done';
}`;

const CRASHED = { code: 1, signal: null };

/** The errors that ended it, each with the id of the request in whose course it happened. */
function fatal({ lines }: Replica): unknown[] {
  return lines
    .filter(({ level }) => level === 'fatal')
    .map(({ requestId, err }) => [(err as { message: string }).message, requestId]);
}

const ask = (origin: string, path: string) => fetch(origin + path, { headers: { 'x-request-id': `id-of-${path}` } });

// Each has a process of its own and mostly waits for it.
suite('errors that nothing caught', { concurrency: 4 }, () => {
  test('one that comes after the answer is logged with its request; others are finished, new ones refused', async () => {
    await using replica = await replicaOf(HANDLER);
    const origin = await replica.origin();
    const other = ask(origin, '/other?ms=1500');
    await replica.line((line) => line.msg === 'in /other');
    assert.equal(await (await ask(origin, '/answered')).text(), 'answered');
    const late = fetch(`${origin}/late?ms=1000`);
    await replica.line((line) => line.msg === 'in /late');
    await replica.line((line) => line.level === 'fatal');
    assert.equal(await (await other).text(), 'done');
    assert.equal(await (await late).text(), 'done');
    assert.deepEqual(await replica.ended, CRASHED);
    assert.deepEqual(fatal(replica), [['answered', 'id-of-/answered']]);
    assert.ok(!replica.lines.some(({ msg }) => msg === 'disposed'));
  });

  test('one that belongs to no request ends no request', async () => {
    await using replica = await replicaOf(`setTimeout(() => { throw new Error('of no request'); }, 1000);\n${HANDLER}`);
    const answers = ask(await replica.origin(), '/other?ms=1500');
    assert.equal((await answers).status, 200);
    assert.deepEqual(await replica.ended, CRASHED);
    assert.deepEqual(fatal(replica), [['of no request', undefined]]);
  });

  test('of two at once each fails its own request', async () => {
    await using replica = await replicaOf(HANDLER);
    const origin = await replica.origin();
    const answers = await Promise.all(['/stray?after=300', '/stray?after=301'].map((path) => ask(origin, path)));
    assert.deepEqual(
      answers.map(({ status }) => status),
      [500, 500],
    );
    assert.deepEqual(await replica.ended, CRASHED);
    assert.deepEqual(fatal(replica), [
      ['stray', 'id-of-/stray?after=300'],
      ['stray', 'id-of-/stray?after=301'],
    ]);
  });

  test('one while the replica leaves: the others are finished, and it exits 1', async () => {
    await using replica = await replicaOf(HANDLER);
    const origin = await replica.origin();
    const [stray, other] = [ask(origin, '/stray?after=800'), ask(origin, '/other?ms=1200')];
    await replica.line((line) => line.msg === 'in /other');
    await replica.line((line) => line.msg === 'in /stray');
    replica.process.kill('SIGTERM');
    assert.equal((await stray).status, 500);
    assert.equal(await (await other).text(), 'done');
    assert.deepEqual(await replica.ended, CRASHED);
    assert.ok(!replica.lines.some(({ msg }) => msg === 'disposed'));
  });

  test('one in what was given to waitUntil is logged with its request, which is not waited for any more', async () => {
    await using replica = await replicaOf(HANDLER);
    const origin = await replica.origin();
    assert.equal((await ask(origin, '/waitUntil')).status, 200);
    await replica.line((line) => line.level === 'fatal');
    assert.deepEqual(fatal(replica), [['waitUntil', 'id-of-/waitUntil']]);
    // Its own promise would take a minute.
    assert.deepEqual(await replica.ended, CRASHED);
  });

  test('what other requests gave to waitUntil is finished', async () => {
    await using replica = await replicaOf(HANDLER);
    const origin = await replica.origin();
    assert.equal((await ask(origin, '/kept')).status, 200);
    assert.equal((await ask(origin, '/stray')).status, 500);
    assert.deepEqual(await replica.ended, CRASHED);
    assert.ok(replica.lines.some(({ msg }) => msg === 'kept'));
  });

  test('one in the middle of an answer breaks it off, so that the client can tell', async () => {
    await using replica = await replicaOf(HANDLER);
    const response = await ask(await replica.origin(), '/stream');
    await assert.rejects(response.text());
    assert.deepEqual(await replica.ended, CRASHED);
    await replica.line((line) => line.msg === 'cancelled');
  });

  test('a handler that ends the process is logged with its request, and with the line that did it', async () => {
    await using replica = await replicaOf(HANDLER);
    await assert.rejects(ask(await replica.origin(), '/exit'));
    assert.deepEqual(await replica.ended, { code: 3, signal: null });
    assert.deepEqual(fatal(replica), [['process.exit(3) was called', 'id-of-/exit']]);
    const { err } = await replica.line(({ level }) => level === 'fatal');
    assert.match((err as { stack: string }).stack, /\/function\/index\.ts:\d+:\d+/);
  });

  test('it is no longer ready while it finishes the others', async () => {
    await using replica = await replicaOf(HANDLER);
    const origin = await replica.origin();
    const other = ask(origin, '/other?ms=1000');
    await replica.line((line) => line.msg === 'in /other');
    assert.equal((await ask(origin, '/stray')).status, 500);
    await assert.rejects(fetch(`${origin}/.catnap/ready`));
    assert.equal((await other).status, 200);
  });
});
