import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { stripVTControlCharacters } from 'node:util';
import { CATNAP } from './catnap.ts';
import { eventually } from './eventually.ts';
import { inherited } from './settings.ts';

export function hasTmux(): boolean {
  return spawnSync('tmux', ['-V']).status === 0;
}

/** `catnap` in a terminal, as a person has it; tells its exit code when it has ended. */
export class TmuxTerminal implements Disposable {
  readonly #socket = `catnap-${randomBytes(4).toString('hex')}`;

  /** @param args after `catnap` */
  constructor(cwd: string, args: readonly string[]) {
    const command = [...CATNAP, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
    // The shell outlives it, to tell how it ended.
    const script = `trap : INT; ${command}; echo "ended with $?"; exec sleep 600`;
    this.#tmux('-f', '/dev/null', 'new-session', '-d', '-x', '200', '-y', '60', '-c', cwd, '/bin/sh', '-c', script);
  }

  /** With its colours. */
  screen(): string {
    return this.#tmux('capture-pane', '-p', '-e', '-J', '-S', '-500');
  }

  /** What `pattern` finds on the screen, colours left out. */
  async shows(pattern: RegExp): Promise<RegExpExecArray> {
    const text = () => stripVTControlCharacters(this.screen());
    return await eventually(`it shows ${pattern}`, () => pattern.exec(text()) ?? undefined, 60_000).catch((cause) => {
      throw new Error(`${cause.message}; it shows\n${text()}`);
    });
  }

  /** A key by tmux's name for it: `C-c`. */
  type(key: string): void {
    this.#tmux('send-keys', key);
  }

  [Symbol.dispose](): void {
    this.#tmux('kill-server');
  }

  #tmux(...args: string[]): string {
    const env = { PATH: inherited.PATH, HOME: inherited.HOME, LC_ALL: 'C.UTF-8', TERM: 'xterm-256color' };
    return execFileSync('tmux', ['-L', this.#socket, ...args], { env, encoding: 'utf8' });
  }
}
