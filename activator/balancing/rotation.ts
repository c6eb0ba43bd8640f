/** What balancing keeps with a replica. `Rotation` alone writes these, `onTrial` excepted. */
export interface BalancedReplica {
  /** Requests it has now, from this activator. */
  inFlight: number;
  /** Half-open: back after a failure, with one request at a time until it has answered one. */
  onTrial: boolean;
  /** Until then other activators fill it beyond `share`, as far as is known. */
  crowdedUntilMs: number;
  /** Requests of this activator that it had when it last rejected one. */
  share: number;
  /** Which list of the rotation it is in. */
  list: RotationList;
  /** Its index in that list. */
  at: number;
}

/** `open` and `crowded` have room; `full` has none; `out` is not in the rotation. */
export type RotationList = 'open' | 'crowded' | 'full' | 'out';

/** Up to so many replicas the least busy one is searched for; with more, the power of two choices. */
const FEW = 8;

/**
 * The replicas that requests are spread over. Those that have room are kept apart from those that have none, so that a
 * choice takes the same short time whatever their number, and finds room exactly when there is any.
 */
export class Rotation<R extends BalancedReplica> {
  readonly #random: () => number;
  readonly #open: R[] = [];
  readonly #crowded: R[] = [];
  #members: readonly R[] = [];
  #limit: number;
  #turn = 0;
  #nowMs = 0;
  /** The earliest end of a crowded replica's time; Infinity: none is crowded. */
  #openNextAtMs = Number.POSITIVE_INFINITY;
  #taken = 0;

  /** @param limit most requests in flight in one replica; 0: no limit. */
  constructor(limit: number, random: () => number = Math.random) {
    this.#limit = limit;
    this.#random = random;
  }

  /** Lower bound of the requests that other activators have in the crowded ones. */
  get takenByOthers(): number {
    return this.#taken;
  }

  setLimit(limit: number): void {
    if (limit === this.#limit) return;
    for (const replica of this.#members) this.#move(replica, 'full');
    this.#limit = limit;
    for (const replica of this.#members) this.#settle(replica);
  }

  /** Those that have left keep their requests and get no more. */
  setMembers(members: readonly R[]): void {
    const staying = new Set(members);
    for (const replica of this.#members) if (!staying.has(replica)) this.#move(replica, 'out');
    this.#members = members;
    for (const replica of members) {
      if (replica.list === 'out') this.#move(replica, 'full');
      this.#settle(replica);
    }
  }

  /** One with room, of the less busy ones; undefined: none has, or other activators fill all that seem to. */
  pick(nowMs: number): R | undefined {
    this.#nowMs = nowMs;
    if (nowMs >= this.#openNextAtMs) this.#openThoseDue();
    return this.#pickOf(this.#open);
  }

  /** One that is filled by others as well. */
  pickCrowded(): R | undefined {
    return this.#pickOf(this.#crowded);
  }

  take(replica: R): void {
    replica.inFlight += 1;
    if (replica.list === 'crowded') this.#taken -= 1;
    if (this.#limit > 0 || replica.onTrial) this.#settle(replica);
  }

  release(replica: R): void {
    replica.inFlight -= 1;
    if (replica.list === 'crowded') this.#taken += 1;
    if (replica.list === 'full' || replica.list === 'crowded') this.#settle(replica);
  }

  /** It had no room for one more: others are preferred until `untilMs`, or until one of its requests is over. */
  crowd(replica: R, untilMs: number, nowMs: number): void {
    this.#nowMs = nowMs;
    replica.crowdedUntilMs = untilMs;
    replica.share = replica.inFlight;
    this.#openNextAtMs = Math.min(this.#openNextAtMs, untilMs);
    if (replica.list !== 'out') this.#settle(replica);
  }

  /** Others fill it too, as far as is known. */
  isShared(replica: R): boolean {
    return this.#limit > 0 && replica.crowdedUntilMs > this.#nowMs;
  }

  /** When one that others fill is to be taken for one with room again; infinite: there is none. */
  get openNextAtMs(): number {
    return this.#openNextAtMs;
  }

  #pickOf(list: R[]): R | undefined {
    const count = list.length;
    if (count < 2) return list[0];
    if (count > FEW) return lessBusyOfTwo(list, this.#random());
    this.#turn = (this.#turn + 1) & 0xffff;
    return leastBusy(list, this.#turn);
  }

  #openThoseDue(): void {
    this.#openNextAtMs = Number.POSITIVE_INFINITY;
    for (const replica of this.#crowded.slice()) this.#settle(replica);
  }

  #settle(replica: R): void {
    const most = replica.onTrial ? 1 : this.#limit;
    const hasRoom = most === 0 || replica.inFlight < most;
    // Without a limit nothing is ever full. A place that one of its own requests has left is likely to be free.
    const isCrowded = this.isShared(replica) && replica.inFlight >= replica.share;
    this.#move(replica, hasRoom ? (isCrowded ? 'crowded' : 'open') : 'full');
    if (isCrowded && hasRoom) this.#openNextAtMs = Math.min(this.#openNextAtMs, replica.crowdedUntilMs);
  }

  #move(replica: R, to: RotationList): void {
    const from = replica.list;
    if (from === to) return;
    if (from === 'crowded') this.#taken -= this.#limit - replica.inFlight;
    if (to === 'crowded') this.#taken += this.#limit - replica.inFlight;
    if (from === 'open' || from === 'crowded') removeAt(this.#of(from), replica.at);
    replica.list = to;
    if (to === 'open' || to === 'crowded') replica.at = this.#of(to).push(replica) - 1;
  }

  #of(list: 'open' | 'crowded'): R[] {
    return list === 'open' ? this.#open : this.#crowded;
  }
}

/**
 * The one with the fewest requests in flight.
 * @param start where to begin looking: of equally busy ones the first from there wins. Any integer from 0.
 */
export function leastBusy<R extends { inFlight: number }>(replicas: readonly R[], start: number): R | undefined {
  const count = replicas.length;
  let best: R | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (let step = 0; step < count; step += 1) {
    const replica = replicas[(start + step) % count] as R;
    if (replica.inFlight < fewest) {
      if (replica.inFlight === 0) return replica;
      best = replica;
      fewest = replica.inFlight;
    }
  }
  return best;
}

/**
 * Power of two choices: the less busy of two that are chosen at random. Nearly as even as comparing all, and activators
 * that do not know of each other do not all pick the same one.
 * @param random from 0 to below 1; decides both.
 */
export function lessBusyOfTwo<R extends { inFlight: number }>(replicas: readonly R[], random: number): R {
  const count = replicas.length;
  const first = random * count;
  const i = Math.floor(first);
  const other = Math.floor((first - i) * (count - 1));
  const a = replicas[i] as R;
  const b = replicas[other < i ? other : other + 1] as R;
  return b.inFlight < a.inFlight ? b : a;
}

/** Constant time: the last one moves to `at`. */
function removeAt<R extends BalancedReplica>(list: R[], at: number): void {
  const last = list.pop();
  if (last === undefined || at === list.length) return;
  list[at] = last;
  last.at = at;
}
