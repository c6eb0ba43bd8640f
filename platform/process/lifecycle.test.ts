import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { test } from 'node:test';
import { Inbox, silentLog } from '../testing/scripted-api-server.ts';
import { type Lifecycle, type ProcessHost, runProcess } from './lifecycle.ts';

/** Stands for the process: signals come in by `emit`, exits are noted. */
class FakeHost extends EventEmitter {
  readonly exits: number[] = [];
  exit = (code: number): void => {
    this.exits.push(code);
  };
}

/** A running process, once its start is over. */
async function running(build: (lifecycle: Lifecycle) => void) {
  const host = new FakeHost();
  const started = new Inbox<Lifecycle>();
  const start = async (lifecycle: Lifecycle) => {
    build(lifecycle);
    started.put(lifecycle);
  };
  const exitCode = runProcess({ log: silentLog, start, host: host as unknown as ProcessHost });
  return { host, exitCode, lifecycle: await started.next() };
}

test('a signal runs the steps, the last registered first, each after the other has ended', async () => {
  const order: string[] = [];
  const step = (name: string) => async () => {
    order.push(`${name} begins`);
    await new Promise((resolve) => setImmediate(resolve));
    order.push(`${name} ends`);
  };
  const { host, exitCode, lifecycle } = await running((built) => {
    built.onStop('client', step('client'));
    built.onStop('server', step('server'));
  });
  assert.equal(lifecycle.stopping.aborted, false);
  host.emit('SIGTERM', 'SIGTERM');
  assert.equal(lifecycle.stopping.aborted, true);
  assert.equal(await exitCode, 0);
  assert.deepEqual(order, ['server begins', 'server ends', 'client begins', 'client ends']);
  assert.equal(host.listenerCount('SIGTERM'), 0);
});

test('a step that fails or takes too long does not keep the others from running', async () => {
  const order: string[] = [];
  const { host, exitCode } = await running((built) => {
    built.onStop('last', () => void order.push('last'));
    built.onStop('fails', () => Promise.reject(new Error('bad')));
    built.onStop(
      'hangs',
      (signal) => {
        signal.addEventListener('abort', () => order.push('told that time is up'));
        return new Promise(() => undefined);
      },
      { withinMs: 20 },
    );
  });
  host.emit('SIGINT', 'SIGINT');
  assert.equal(await exitCode, 1);
  assert.deepEqual(order, ['told that time is up', 'last']);
});

test('a second signal exits at once', async () => {
  const { host, exitCode } = await running((built) => {
    built.onStop('hangs', () => new Promise(() => undefined), { withinMs: 100 });
  });
  host.emit('SIGTERM', 'SIGTERM');
  host.emit('SIGTERM', 'SIGTERM');
  assert.deepEqual(host.exits, [130]);
  await exitCode;
});

test('a start that fails takes down what it had built', async () => {
  const stopped: string[] = [];
  const start = async (lifecycle: Lifecycle) => {
    lifecycle.onStop('first', () => void stopped.push('first'));
    throw new Error('no second');
  };
  assert.equal(await runProcess({ log: silentLog, start, host: new FakeHost() as unknown as ProcessHost }), 1);
  assert.deepEqual(stopped, ['first']);
});

test('a signal ends a start that hangs', async () => {
  const host = new FakeHost();
  const stopped: string[] = [];
  const start = (lifecycle: Lifecycle) => {
    lifecycle.onStop('first', () => void stopped.push('first'));
    return new Promise<void>(() => undefined);
  };
  const exitCode = runProcess({ log: silentLog, start, host: host as unknown as ProcessHost });
  host.emit('SIGTERM', 'SIGTERM');
  assert.equal(await exitCode, 0);
  assert.deepEqual(stopped, ['first']);
});

test('a process that fails stops in order, with exit code 1', async () => {
  const stopped: string[] = [];
  const { exitCode, lifecycle } = await running((built) => built.onStop('first', () => void stopped.push('first')));
  lifecycle.fail(new Error('cannot go on'));
  assert.equal(await exitCode, 1);
  assert.deepEqual(stopped, ['first']);
});

test('an uncaught error ends the process at once', async () => {
  const { host, exitCode } = await running(() => undefined);
  host.emit('unhandledRejection', new Error('forgotten'));
  host.emit('uncaughtException', new Error('thrown'));
  assert.deepEqual(host.exits, [1, 1]);
  host.emit('SIGTERM', 'SIGTERM');
  await exitCode;
});

test('a real process logs an uncaught error before it exits, and stops on a real signal', async () => {
  const program = (body: string) => `
    import { runProcess } from './platform/process/lifecycle.ts';
    import { createLog } from './platform/process/log.ts';
    const log = createLog({ service: 'demo' });
    const keepAlive = setInterval(() => undefined, 1_000);
    const start = async (lifecycle) => { ${body} };
    process.exit(await runProcess({ log, start }));`;
  const run = (body: string) =>
    spawn(process.execPath, ['--input-type=module', '-e', program(body)], { stdio: ['ignore', 'pipe', 'inherit'] });

  const crashing = run(`setTimeout(() => { throw new Error('forgotten'); }, 1);`);
  const output = (async () => (await Array.fromAsync(crashing.stdout)).join(''))();
  assert.deepEqual(await once(crashing, 'exit'), [1, null]);
  assert.match(await output, /"msg":"uncaught error"/);

  const obeying = run(`lifecycle.onStop('timer', () => clearInterval(keepAlive));`);
  const exited = once(obeying, 'exit');
  await once(obeying.stdout, 'data');
  obeying.kill('SIGTERM');
  assert.deepEqual(await exited, [0, null]);
});
