import assert from 'node:assert/strict';
import { join } from 'node:path';
import { buildFunction } from '../build/build-function.ts';
import { CommandError } from '../command-line/command-error.ts';
import type { BuildSettings } from '../project/project.ts';
import { testFolder } from './folder.ts';

export type Files = Record<string, string | Uint8Array>;

/** Builds a folder that is there as long as that takes. */
export async function build(files: Files, settings: BuildSettings = {}, entry = 'index.ts') {
  await using folder = await testFolder(files);
  const built = await buildFunction({ folder: folder.path, entry: join(folder.path, entry), settings });
  return { ...built, folder: folder.path };
}

/** What the operator puts before code that was bundled already; of this module alone, for other tests run in the same process. */
const REQUIRE = `const require = (name) => {
  const found = process.getBuiltinModule(name);
  if (found === undefined) throw new Error('none');
  return found;
};`;

/** What the default export of the folder's module gives. */
export async function run(files: Files, settings?: BuildSettings): Promise<unknown> {
  const { code } = await build(files, settings);
  const text = `${REQUIRE}\n${code}`;
  const module = await import(`data:text/javascript;base64,${Buffer.from(text).toString('base64')}`);
  return module.default();
}

/** Why a folder cannot be built. */
export async function refusal(files: Files, settings?: BuildSettings): Promise<string> {
  const error = await build(files, settings).then(
    () => assert.fail('it was built'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof CommandError, String(error));
  assert.equal(error.exitCode, 5);
  return error.message;
}
