import { dirname, join } from 'node:path';
import type { LocalImage } from '../cluster/pod-runner/images.ts';
import { IS_BUILT, ROOT } from '../package-root.ts';
import type { Program } from './supervised.ts';

/** The one file that pods of source functions run. */
const RUNTIME = join(ROOT, 'dist', 'runtime', 'runtime.mjs');

/** What compiles a function: as it is built, for only so it keeps to a limit on its memory. */
export const BUNDLER = join(ROOT, 'dist', 'operator', 'bundler.mjs');

/** What the runtime image is called where the pod runner stands in for a container runtime. */
export const LOCAL_RUNTIME_IMAGE = 'catnap.dev/runtime:dev';

/** What the runtime image is here: its ENTRYPOINT, files and ENV. */
export const RUNTIME_IMAGE: LocalImage = {
  command: [process.execPath, RUNTIME],
  root: { '/catnap': dirname(RUNTIME) },
  env: { NODE_ENV: 'production' },
  ownAddress: true,
  ownFolder: true,
};

export type Env = Readonly<Record<string, string>>;

/** All that a program gets of its starter's environment: where programs are found, and a home. */
export interface Inherited {
  PATH: string;
  HOME: string;
}

/**
 * A program of ours as TypeScript (`source`), or as it is in an image (`dist`); the installed package has the latter alone.
 * `env` is its whole environment.
 */
export function program(name: OwnProgram, from: 'source' | 'dist', env: Env, logFile: string): Program {
  const isSource = from === 'source' && !IS_BUILT;
  // Log keeper and dispatcher are in the operator's image.
  const image = name === 'activator' ? name : 'operator';
  const built = join(ROOT, 'dist', image, `${name}.mjs`);
  const file = isSource ? join(ROOT, name, 'main.ts') : built;
  return { name, command: [process.execPath, file], env, logFile };
}

export type OwnProgram = 'operator' | 'activator' | 'log-keeper' | 'dispatcher';

/** The programs of the stand-in cluster. */
export type LocalProgram = 'api-server' | 'pod-runner' | 'service-proxy';

export function localProgram(name: LocalProgram, env: Env, logFile: string): Program {
  const built = join(ROOT, 'dist', 'local', `${name}.mjs`);
  const file = IS_BUILT ? built : join(ROOT, 'local', 'cluster', name, 'main.ts');
  return { name, command: [process.execPath, file], env, logFile };
}
