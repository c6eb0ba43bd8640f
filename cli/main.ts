/** The `catnap` command. Its version is answered before anything else is loaded. */
import { readFileSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

const [first, ...others] = process.argv.slice(2);
if ((first === '--version' || first === '-V') && others.length === 0) process.stdout.write(`${version()}\n`);
else {
  // In a folder of the user's own: others could put code into one that all may write to. Children choose for themselves.
  enableCompileCache(join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'catnap', 'compiled'));
  delete process.env.NODE_COMPILE_CACHE;
  const { runCommand } = await import('./command.ts');
  await runCommand(version(), process.env);
}

/** Of the package that this file is in, one folder below its root. */
function version(): string {
  const file = new URL('../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
