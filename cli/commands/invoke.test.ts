import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import type { CommandContext } from '../command-line/command-context.ts';
import { invoke } from './invoke.ts';

const ID = '0198c0de-0000-7000-8000-000000000001';
const ACCEPTED = JSON.stringify({ id: ID, status: 'waiting' });

/** A gateway that gives these answers, one after the other, and what is printed of them. */
function gateway(answers: [status: number, body: string][]) {
  const out: string[] = [];
  const paths: string[] = [];
  const kube = {
    serviceProxy: async ({ path }: { path: string }) => {
      paths.push(path);
      const [status, body] = answers[paths.length - 1] ?? [500, 'none is left'];
      return { status, headers: {}, rawHeaders: [], body: Readable.from([Buffer.from(body)]) };
    },
  };
  const context = {
    signal: new AbortController().signal,
    cluster: async () => ({ kube, namespace: 'shop', systemNamespace: 'catnap-system', gatewayService: 'catnap' }),
    output: {
      json: false,
      note: () => undefined,
      result: (_: unknown, text: () => string) => out.push(text()),
      collected: async (body: Readable) => Buffer.concat(await body.toArray()).toString(),
      stream: async (body: Readable) => out.push(Buffer.concat(await body.toArray()).toString()),
    },
  } as unknown as CommandContext;
  return { context, out, paths };
}

const MAIL = { name: 'mail', path: undefined };

test('--async prints an id, or nothing where the function answered itself, and ends with a failure then', async () => {
  const accepted = gateway([[202, ACCEPTED]]);
  await invoke(accepted.context, MAIL, { async: true, timeout: 1 });
  assert.deepEqual(accepted.out, [ID]);
  for (const status of [200, 202]) {
    const { context, out } = gateway([[status, 'hello']]);
    const failed = { exitCode: 1, message: /^there is no id: the function answered itself/ };
    await assert.rejects(invoke(context, MAIL, { async: true, timeout: 1 }), failed);
    assert.deepEqual(out, []);
  }
});

test('--wait prints the answer that its end came with, and asks nothing more', async () => {
  const response = { status: 200, headers: {}, bodyBase64: Buffer.from('all of it').toString('base64') };
  const { context, out, paths } = gateway([
    [202, ACCEPTED],
    [200, JSON.stringify({ id: ID, status: 'done', attempts: 1, response })],
  ]);
  await invoke(context, MAIL, { wait: true, timeout: 1 });
  assert.deepEqual([out, paths.length], [['all of it'], 2]);
});

test('--wait prints what a function answered that stores nothing', async () => {
  const { context, out } = gateway([[200, 'hello']]);
  await invoke(context, MAIL, { wait: true, timeout: 1 });
  assert.deepEqual(out, ['hello']);
});
