import { join } from 'node:path';
import type { LocalImage } from '../cluster/pod-runner/images.ts';
import { ROOT } from '../package-root.ts';
import { RUNTIME_IMAGE } from './programs.ts';

/** What the chart's images are in a cluster without images: the same files, as the build left them in `dist/`. */
export function platformImages(version: string): Record<string, LocalImage> {
  return {
    [`catnap/operator:${version}`]: fromDist('operator'),
    [`catnap/activator:${version}`]: fromDist('activator'),
    [`catnap/runtime:${version}`]: RUNTIME_IMAGE,
  };
}

function fromDist(program: 'operator' | 'activator'): LocalImage {
  const folder = join(ROOT, 'dist', program);
  return { command: [process.execPath, join(folder, `${program}.mjs`)], root: { '/catnap': folder }, ownFolder: true };
}
