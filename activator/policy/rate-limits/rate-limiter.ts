/**
 * The limits of all functions in this gateway. It lets through what is free by all that it knows, and tells the other
 * gateways, some times a second, what it has let through; what they tell counts here as if it had come here. So a limit may
 * be passed by what all gateways let through within one such turn, and that is made up for right afterwards.
 */
import type { Clock } from '#platform/time/clock.ts';
import type { UseHint } from '../../peers/messages.ts';
import { GatewayShares } from './gateway-shares.ts';
import { charge, type Rate, remaining, take } from './gcra.ts';
import type { KeyOwner, KeySpace } from './key-space.ts';
import { KeyTable } from './key-table.ts';
import type { LimitKey } from './limit-keys.ts';
import { UnsentUses } from './unsent-uses.ts';
import { decodeUses, encodeUses, type KeyUse, MOST_KEYS } from './use-records.ts';

/** One limit of one function. */
export interface Limit {
  readonly functionKey: string;
  readonly name: string;
  readonly rate: Rate;
  readonly space: KeySpace;
}

interface LimiterChannel {
  send(hint: UseHint): void;
  /** A sign of life. */
  alive(from: string): void;
  /** Other gateways that there may be: known of, and not seen to be gone. */
  others(): number;
}

export interface RateLimiterParts {
  clock: Clock;
  random: () => number;
  channel: LimiterChannel;
  /** This gateway, among the others. */
  name: string;
  /** Keys at most; default: a million. */
  mostKeys?: number;
}

/** How a limit stands; `retryMs` 0: it lets the request pass. */
export interface LimitVerdict {
  readonly retryMs: number;
  /** Requests that would be let through at once, after this one. */
  readonly remaining: number;
  /** Until all is filled up again. */
  readonly fullMs: number;
}

const TURN_MS = 100;
const MOST_HINTS_A_TURN = 8;
const ALIVE_MS = 1_000;
/** Hints that tell a gateway which is new what is used up. */
const MOST_STATE_HINTS = 64;
const STATE_PAUSE_MS = 2_000;
/** A debt to other gateways is no larger than this many bursts, and what they may let through within some turns. */
const MOST_BURSTS = 4;
const MOST_DEBT_MS = 2_000;
const SWEPT_PARTS = 8;

export class RateLimiter implements Disposable {
  readonly #parts: RateLimiterParts;
  readonly #table: KeyTable;
  readonly #shares = new GatewayShares();
  readonly #unsent = new UnsentUses<Limit>(({ space }) => space.owner.namespace);
  readonly #limits = new Map<string, Map<string, Limit>>();
  #seq = 0;
  #stateAtMs = Number.NEGATIVE_INFINITY;
  #cancelTurn: (() => void) | undefined;
  #cancelAlive: (() => void) | undefined;

  constructor(parts: RateLimiterParts) {
    this.#parts = parts;
    this.#table = new KeyTable({ most: parts.mostKeys ?? 1_000_000, random: parts.random });
  }

  /** Keys that are held, of all limits. */
  get keys(): number {
    return this.#table.size;
  }

  /** Requests that the other gateways will not hear of. */
  get untold(): number {
    return this.#unsent.dropped;
  }

  /** Whether each other gateway is heard, or known to be gone. */
  get isWhole(): boolean {
    return this.#shares.isWhole;
  }

  /** From when on a limit holds, or holds with another rate: what its keys have used stays used. */
  add(limit: { functionKey: string; name: string; rate: Rate }, owner: KeyOwner, before?: Limit): Limit {
    const made: Limit = { ...limit, space: before?.space ?? this.#table.addSpace(owner) };
    if (before !== undefined) this.#unsent.forget(before);
    const ofFunction = this.#limits.get(limit.functionKey) ?? new Map<string, Limit>();
    ofFunction.set(limit.name, made);
    this.#limits.set(limit.functionKey, ofFunction);
    if (this.#cancelAlive === undefined) this.#beAlive();
    return made;
  }

  remove(limit: Limit): void {
    this.#unsent.forget(limit);
    this.#table.removeSpace(limit.space);
    const ofFunction = this.#limits.get(limit.functionKey);
    if (ofFunction?.get(limit.name) !== limit) return;
    ofFunction.delete(limit.name);
    if (ofFunction.size === 0) this.#limits.delete(limit.functionKey);
  }

  /** Whether one more request may pass. Nothing is used up by asking. */
  ask(limit: Limit, key: LimitKey): LimitVerdict & { tatMs: number } {
    const { rate, space } = limit;
    const nowMs = this.#parts.clock.nowMs();
    const tatMs = this.#table.get(space, key);
    const { retryMs, tatMs: next } = take(rate, tatMs, nowMs, this.#shareOf(limit, key));
    return { retryMs, remaining: remaining(rate, next, nowMs), fullMs: Math.max(0, next - nowMs), tatMs: next };
  }

  /** A request that has passed. @param tatMs as `ask` has just said */
  use(limit: Limit, key: LimitKey, tatMs = this.ask(limit, key).tatMs): void {
    const { rate, space } = limit;
    const nowMs = this.#parts.clock.nowMs();
    this.#table.set(space, key, tatMs, nowMs);
    if (this.#parts.channel.others() === 0) return;
    this.#unsent.add(limit, key, tatMs - nowMs >= rate.depthMs / 2);
    this.#cancelTurn ??= this.#parts.clock.after(TURN_MS, () => this.#turn());
  }

  /** What another gateway has told. False: it is of no use here. */
  follow(hint: UseHint): boolean {
    const limit = this.#limits.get(hint.function)?.get(hint.limit);
    const uses = decodeUses(hint.keys);
    const nowMs = this.#parts.clock.nowMs();
    this.#shares.heard(hint.from, nowMs);
    if (limit === undefined || uses === undefined) return false;
    for (const use of uses) this.#follow(limit, use, hint, nowMs);
    return true;
  }

  /** A sign of life of another gateway. True, for it is of use. */
  heard(from: string): boolean {
    this.#shares.heard(from, this.#parts.clock.nowMs());
    return true;
  }

  /** A stream to another gateway was opened, which may have been started just now. */
  joined(): void {
    const { clock, channel, name } = this.#parts;
    const nowMs = clock.nowMs();
    if (this.#limits.size === 0 || nowMs - this.#stateAtMs < STATE_PAUSE_MS) return;
    this.#stateAtMs = nowMs;
    channel.alive(name);
    for (const [limit, uses] of this.#state(nowMs)) this.#send(limit, 'state', uses);
  }

  [Symbol.dispose](): void {
    this.#cancelTurn?.();
    this.#cancelAlive?.();
  }

  #follow(limit: Limit, use: KeyUse, { mode, from }: UseHint, nowMs: number): void {
    const { rate, space } = limit;
    const tatMs = this.#table.get(space, use);
    const latestMs = nowMs + rate.depthMs * MOST_BURSTS + MOST_DEBT_MS;
    const next =
      mode === 'used'
        ? charge(rate, tatMs, use.requests, { nowMs, withinMs: TURN_MS, latestMs })
        : Math.max(tatMs, charge(rate, 0, use.requests, { nowMs, withinMs: 0, latestMs }));
    if (next > nowMs) this.#table.set(space, use, next, nowMs);
    if (mode === 'used') this.#shares.used(nameOf(limit, use), from, use.requests, nowMs);
  }

  #shareOf(limit: Limit, key: LimitKey): number {
    return this.#shares.isWhole ? 1 : this.#shares.shareOf(nameOf(limit, key));
  }

  /** Tells the others what was let through. */
  #turn(): void {
    this.#cancelTurn = undefined;
    const { clock, channel } = this.#parts;
    const nowMs = clock.nowMs();
    this.#shares.look(channel.others(), nowMs);
    for (const { limit, uses } of this.#unsent.take(MOST_HINTS_A_TURN)) {
      this.#send(limit, 'used', uses);
      for (const use of uses) this.#shares.used(nameOf(limit, use), undefined, use.requests, nowMs);
    }
    if (this.#unsent.size > 0) this.#cancelTurn = clock.after(TURN_MS, () => this.#turn());
  }

  /** As long as there are limits. */
  #beAlive(): void {
    const { clock, channel, name } = this.#parts;
    this.#cancelAlive = clock.after(ALIVE_MS, () => {
      this.#cancelAlive = undefined;
      const nowMs = clock.nowMs();
      channel.alive(name);
      this.#shares.look(channel.others(), nowMs);
      this.#table.sweep(nowMs, SWEPT_PARTS);
      if (this.#limits.size > 0) this.#beAlive();
    });
  }

  #send({ functionKey, name: limit }: Limit, mode: UseHint['mode'], uses: readonly KeyUse[]): void {
    this.#seq += 1;
    const { channel, name: from } = this.#parts;
    channel.send({ from, seq: this.#seq, function: functionKey, limit, mode, keys: encodeUses(uses) });
  }

  /** Of keys that were used lately, by limit, what is not filled up again. */
  *#state(nowMs: number): Generator<[Limit, KeyUse[]]> {
    const byLimit = new Map<Limit, KeyUse[]>();
    for (const name of [...this.#shares.keys()].reverse()) {
      const { functionKey, limit: limitName, key } = keyNamed(name);
      const limit = this.#limits.get(functionKey)?.get(limitName);
      if (limit === undefined) continue;
      const requests = (this.#table.get(limit.space, key) - nowMs) / limit.rate.perRequestMs;
      if (requests <= 0) continue;
      const uses = byLimit.get(limit);
      if (uses === undefined) byLimit.set(limit, [{ ...key, requests }]);
      else uses.push({ ...key, requests });
    }
    let hints = 0;
    for (const [limit, uses] of byLimit) {
      for (let i = 0; i < uses.length && hints < MOST_STATE_HINTS; i += MOST_KEYS, hints += 1)
        yield [limit, uses.slice(i, i + MOST_KEYS)];
    }
  }
}

function nameOf({ functionKey, name }: Limit, { high, low }: LimitKey): string {
  return `${functionKey} ${name} ${high} ${low}`;
}

function keyNamed(text: string): { functionKey: string; limit: string; key: LimitKey } {
  const [functionKey = '', limit = '', high, low] = text.split(' ');
  return { functionKey, limit, key: { high: Number(high), low: Number(low) } };
}
