import type { EnqueueResult, EntryState } from './store.ts';

/** In a database a state is its place in this list. */
export const STATES: readonly EntryState[] = ['waiting', 'leased', 'done', 'buried', 'cancelled'];

/** As what the bytes of an entry count. */
export const BYTES = {
  waiting: 'openBytes',
  leased: 'openBytes',
  done: 'keptBytes',
  cancelled: 'keptBytes',
  buried: 'buriedBytes',
} as const;

export function isOpen(state: EntryState): boolean {
  return state === 'waiting' || state === 'leased';
}

export function isRefused({ outcome }: EnqueueResult): boolean {
  return outcome === 'full' || outcome === 'conflict';
}

export function stateOf(place: number): EntryState {
  return STATES[place] as EntryState;
}
