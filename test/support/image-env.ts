import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');

/** The environment that a program finds in its image. */
export function imageEnv(program: 'operator' | 'activator'): Record<string, string> {
  const given = /^ENV (.*)$/m.exec(readFileSync(join(ROOT, program, 'Dockerfile'), 'utf8'))?.[1] ?? '';
  return Object.fromEntries(given.split(' ').map((one) => one.split('=', 2)));
}
