import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aFunction, ask, until } from '../testing/test-gateway.ts';
import { HOST, Wire, wiredGateway } from '../testing/test-wire.ts';
import { pauseBeforeTry } from './retry-pause.ts';

const NOT_STARTED = 'HTTP/1.1 503 Busy\r\nx-catnap-not-started: 1\r\ncontent-length: 0\r\n\r\n';
const FULL = NOT_STARTED.replace('x-catnap-not-started: 1', 'x-catnap-not-started: 1\r\nx-catnap-full: 1');

test('the first tries come at once, later ones ever later, and at some time there are no more', () => {
  assert.deepEqual([1, 10, 11, 12, 17, 100, 101].map(pauseBeforeTry), [0, 0, 5, 10, 250, 250, undefined]);
});

for (const [what, answer] of [
  ['full', FULL],
  ['not able to take any', NOT_STARTED],
] as const) {
  test(`a replica that says of each request that it is ${what} is not asked without pause`, async () => {
    let tries = 0;
    await using wired = await wiredGateway(
      (socket) => {
        tries += 1;
        socket.write(answer);
      },
      { concurrency: { hard: 0 } },
    );
    using wire = new Wire(wired.port).send(`GET / HTTP/1.1\r\nhost: ${HOST}\r\n\r\n`);
    await until(() => tries > 11, 'it is tried more than once');
    const [before, fromMs] = [tries, performance.now()];
    await until(() => performance.now() - fromMs > 500, 'half a second passes');
    assert.ok(tries - before < 60, `${tries - before} tries in half a second`);
    assert.equal(wire.ended, undefined);
  });
}

test('a request that a replica gives back after its function is deleted is 404, and tried no more', async () => {
  let tries = 0;
  let giveBack = () => undefined as unknown;
  await using wired = await wiredGateway((socket) => {
    tries += 1;
    giveBack = () => socket.write(NOT_STARTED);
    if (tries > 1) giveBack();
  });
  const asked = ask(wired.port);
  await until(() => tries === 1, 'the replica has it');
  wired.gateway.functionFeed.remove('hello');
  giveBack();
  assert.equal((await asked).headers['x-catnap-error'], 'FunctionNotFound');
  assert.equal(tries, 1);
  await until(() => wired.gateway.budget.requests === 0 && wired.gateway.gateway.open === 0, 'nothing is left');
});

test('one that waits while its function is deleted is 404', async () => {
  await using wired = await wiredGateway(() => undefined);
  wired.gateway.putFunction(aFunction('asleep'));
  const asked = ask(wired.port, { host: 'asleep.default.fn.example' });
  await until(() => wired.gateway.traffic('asleep').waiting === 1, 'it waits');
  wired.gateway.functionFeed.remove('asleep');
  assert.equal((await asked).status, 404);
});
