import { setTimeout as pause } from 'node:timers/promises';
import type { Manifest } from './manifest.ts';
import type { World } from './world.ts';

/** From one change to the next, in milliseconds. */
const EVERY_MS = 200;

/** Applies each, however long it takes to start: the next one comes soon after. */
export async function inQuickTurn(world: World, manifests: readonly Manifest[]): Promise<void> {
  for (const one of manifests) {
    await world.apply(one);
    await pause(EVERY_MS);
  }
}
