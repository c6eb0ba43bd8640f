import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { until } from '#platform/testing/until.ts';

const GUARD = join(import.meta.dirname, 'guard.ts');

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test('what was started goes with a process that is killed, and so does its temporary folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'catnap-guard with space-'));
  const script = `
    import { spawn } from 'node:child_process';
    import { guarded, unguarded } from ${JSON.stringify(GUARD)};
    guarded('path ${folder}');
    const pids = [1, 2].map(() => spawn('sleep', ['60'], { detached: true, stdio: 'ignore' }).pid);
    for (const pid of pids) guarded('pid ' + pid);
    unguarded('pid ' + pids[1]);
    console.log(pids.join(' '));
    setInterval(() => {}, 1000);`;
  const owner = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface(owner.stdout), 'line')) as [string];
  const [guarded = 0, released = 0] = line.split(' ').map(Number);
  try {
    owner.kill('SIGKILL');
    await until(() => !alive(guarded), 'it is gone', 10_000);
    const isGone = () =>
      access(folder).then(
        () => false,
        () => true,
      );
    await until(isGone, 'its folder is gone', 10_000);
    assert.ok(alive(released));
  } finally {
    process.kill(released, 'SIGKILL');
  }
});

test('a process with nothing left to guard ends as if there were no guard', async () => {
  const script = `import { guarded, unguarded } from ${JSON.stringify(GUARD)}; guarded('path /nowhere'); unguarded('path /nowhere');`;
  const owner = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' });
  assert.deepEqual(await once(owner, 'exit'), [0, null]);
});
