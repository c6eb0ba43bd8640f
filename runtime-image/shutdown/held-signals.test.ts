import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { replicaOf } from '../testing/replica.ts';

/** A handler that answers after a second, in a module that listens to signals as `listens` says. */
const slow = (listens: string) => `${listens}
export default async () => {
  console.log('in');
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  return 'done';
};`;

/** What a request gets that runs when the signal comes, how that exits, and the lines of its log. */
async function leaving(listens: string, signal: NodeJS.Signals = 'SIGTERM') {
  await using replica = await replicaOf(slow(listens));
  const answer = fetch(await replica.origin()).then((response) => response.text());
  await replica.line(({ msg }) => msg === 'in');
  replica.process.kill(signal);
  const text = await answer.catch((error) => String(error));
  const ended = await replica.ended;
  return { text, ended, said: replica.lines.map(({ msg }) => msg) };
}

suite('a function that listens to signals itself', { concurrency: 4 }, () => {
  for (const [what, listens] of [
    ['at once', "process.on('SIGTERM', () => process.exit(0));"],
    ['once', "process.once('SIGTERM', () => process.exit(0));"],
    ['first of all', "process.prependListener('SIGTERM', () => process.exit(0));"],
    ['in place of all others', "process.removeAllListeners('SIGTERM'); process.on('SIGTERM', () => process.exit(0));"],
  ] as const) {
    test(`its requests are finished before it ends the process: ${what}`, async () => {
      const { text, ended } = await leaving(listens);
      assert.deepEqual([text, ended], ['done', { code: 0, signal: null }]);
    });
  }

  test('without listeners, those of the runtime among them, the signal is heard all the same', async () => {
    const { text, ended, said } = await leaving("process.removeAllListeners('SIGTERM');");
    assert.deepEqual([text, ended.code, said.includes('leaving')], ['done', 0, true]);
  });

  test('an exit code of its own is that of the replica', async () => {
    assert.equal((await leaving("process.on('SIGTERM', () => process.exit(7));")).ended.code, 7);
  });

  test('what it closes is awaited, by its promise or until it is done', async () => {
    const later = "new Promise((resolve) => setTimeout(resolve, 300)).then(() => console.log('closed'))";
    for (const listens of [`async () => { await ${later}; }`, `() => { ${later}; }`]) {
      const { ended, said } = await leaving(`process.on('SIGTERM', ${listens});`);
      assert.deepEqual([ended.code, said.includes('closed')], [0, true]);
    }
  });

  test('its dispose is called first, and what a listener throws is said', async () => {
    const { ended, said } = await leaving(
      "export const dispose = () => console.log('disposed'); process.on('SIGTERM', () => { console.log('heard'); throw new Error('x'); });",
    );
    assert.equal(ended.code, 0);
    assert.ok(said.indexOf('disposed') < said.indexOf('heard') && said.includes('a listener of the signal failed'));
  });

  test('SIGINT is held too', async () => {
    assert.equal((await leaving("process.on('SIGINT', () => process.exit(0));", 'SIGINT')).text, 'done');
  });
});

test('a HOST that is another server is the function’s own', async () => {
  await using replica = await replicaOf('export default () => process.env.HOST;', { HOST: 'api.example.com' });
  assert.equal(await (await fetch(await replica.origin())).text(), 'api.example.com');
});
