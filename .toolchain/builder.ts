import { spawnSync } from 'node:child_process';
import type { Builder } from './image-commands.ts';

/** Each proves that it can work, not only that it is installed. */
const PROOFS: Record<Builder, readonly [string, ...string[]][]> = {
  docker: [
    ['docker', 'info'],
    ['docker', 'buildx', 'version'],
  ],
  podman: [['podman', 'info']],
  buildah: [['buildah', 'info']],
};

export const BUILDERS = Object.keys(PROOFS) as Builder[];

/** The first of `among` that works here. */
export function workingBuilder(among: readonly Builder[] = BUILDERS): Builder | undefined {
  return among.find((builder) =>
    PROOFS[builder].every(([command, ...args]) => spawnSync(command, args, { stdio: 'ignore' }).status === 0),
  );
}
