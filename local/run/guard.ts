import { type ChildProcess, spawn } from 'node:child_process';

/**
 * Reads `+pid 42`, `-pid 42`, `+path /tmp/x`, `-path /tmp/x`, one a line. At the end of its input, and that comes with
 * our end however it came, it takes away what is left, the newest first: processes by SIGTERM, after 12 s by SIGKILL.
 */
const SCRIPT = `
end() {
  kill -TERM "$1" || return
  n=0
  while kill -0 "$1" && [ $n -lt 120 ]; do sleep 0.1; n=$((n + 1)); done
  kill -KILL "$1"
}
left=
while IFS= read -r line; do
  case $line in
    +*) left="\${line#?}
$left" ;;
    -*) left=$(printf '%s\\n' "$left" | grep -vxF -- "\${line#?}") ;;
  esac
done
printf '%s\\n' "$left" | while IFS= read -r what; do
  case $what in
    'pid '*) end "\${what#pid }" ;;
    'path '*) rm -rf -- "\${what#path }" ;;
  esac
done
`;

type Thing = `pid ${number}` | `path ${string}`;

let guard: ChildProcess | undefined;

/** From now on `thing` does not outlive this process, even one that is killed. */
export function guarded(thing: Thing): void {
  tell(`+${thing}`);
}

/** `thing` is gone, or may stay. */
export function unguarded(thing: Thing): void {
  tell(`-${thing}`);
}

function tell(line: string): void {
  guard ??= startGuard();
  guard.stdin?.write(`${line}\n`);
}

function startGuard(): ChildProcess {
  // In a session of its own: what ends us by our terminal does not end it.
  const child = spawn('/bin/sh', ['-c', SCRIPT], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  child.unref();
  // Without a guard all works as before; whatever ended it did so on purpose.
  child.stdin.on('error', () => {});
  (child.stdin as unknown as { unref(): void }).unref();
  return child;
}
