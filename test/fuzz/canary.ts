/** Files beside the product that hold a secret: it must never show in anything that a user can see. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { givesAway } from './measure/traces.ts';

/** Of every machine that the tests run on. */
const SYSTEM_FILE = { path: '/etc/passwd', mark: 'root:x:0:0:' };
/** They have no end, or none that comes. */
const DEVICES = ['/dev/zero', '/dev/stdin'];

export class Canary implements AsyncDisposable {
  /** Absolute paths, all of them readable. */
  readonly paths: readonly string[];
  readonly #secret: string;
  readonly #folders: readonly string[];

  private constructor(secret: string, folders: readonly string[], paths: readonly string[]) {
    this.#secret = secret;
    this.#folders = folders;
    this.paths = paths;
  }

  /** In a temporary folder, and in one below the working directory. */
  static async place(): Promise<Canary> {
    const secret = `canary-${randomBytes(24).toString('hex')}`;
    const beside = resolve('dist', `canary-${randomBytes(4).toString('hex')}`);
    const folders = [await mkdtemp(join(tmpdir(), 'canary-')), beside];
    await mkdir(beside, { recursive: true });
    const contents: Record<string, string> = {
      'canary.txt': secret,
      'canary.ts': `export default '${secret}';`,
      'canary.js': `module.exports = '${secret}';`,
      'canary.json': JSON.stringify({ secret }),
      'canary.css': `a { content: "${secret}" }`,
      'canary.map': JSON.stringify({
        version: 3,
        sources: ['x'],
        sourcesContent: [secret],
        names: [],
        mappings: 'AAAA',
      }),
      'tsconfig.json': JSON.stringify({ compilerOptions: { jsxFactory: secret.replace('-', '_') } }),
    };
    const paths: string[] = [];
    for (const folder of folders) {
      for (const [name, text] of Object.entries(contents)) {
        await writeFile(join(folder, name), text);
        paths.push(join(folder, name));
      }
    }
    const fifo = join(folders[0] as string, 'fifo');
    execFileSync('mkfifo', [fifo]);
    return new Canary(secret, folders, [...paths, fifo, SYSTEM_FILE.path, ...DEVICES]);
  }

  /** Whether `text` holds what stands in one of the files. */
  isIn(text: string): boolean {
    return givesAway(text, this.#secret) || givesAway(text, SYSTEM_FILE.mark);
  }

  /** Removes the files; what they held is known still. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const folder of this.#folders) await rm(folder, { recursive: true, force: true });
  }
}
