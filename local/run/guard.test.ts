import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

const GUARD = join(import.meta.dirname, 'guard.ts');

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 10_000; !(await condition()); await sleep(10)) {
    assert.ok(Date.now() < deadline, 'not in time');
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
    await until(() => !alive(guarded));
    await until(() =>
      access(folder).then(
        () => false,
        () => true,
      ),
    );
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
