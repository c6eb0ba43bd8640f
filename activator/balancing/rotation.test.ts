import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seeded } from '#platform/testing/seeded.ts';
import { aReplica, type Named } from '../testing/test-replica.ts';
import { leastBusy, lessBusyOfTwo, Rotation } from './rotation.ts';

const busy = (...inFlight: number[]) => inFlight.map((count, i) => aReplica(String(i), count));
const many = (count: number) => Array.from({ length: count }, (_, i) => aReplica(String(i)));

function aRotation(limit: number, members: readonly Named[]): Rotation<Named> {
  const rotation = new Rotation<Named>(limit, seeded(1));
  rotation.setMembers(members);
  return rotation;
}

/** Takes as many as there are, `times` at most. */
function fill(rotation: Rotation<Named>, times: number): number {
  for (let n = 0; n < times; n += 1) {
    const replica = rotation.pick(0);
    if (replica === undefined) return n;
    rotation.take(replica);
  }
  return times;
}

test('of few takes the one with the fewest requests, of equally busy ones the first from where it starts', () => {
  assert.equal(leastBusy(busy(3, 1, 2), 0)?.name, '1');
  assert.equal(leastBusy(busy(1, 1, 1), 2)?.name, '2');
  assert.equal(leastBusy(busy(0, 0, 0), 7)?.name, '1');
  assert.equal(leastBusy([], 3), undefined);
});

test('of two that are chosen at random takes the less busy one, and they are never the same', () => {
  const seats = busy(9, 5);
  for (const random of [0, 0.3, 0.5, 0.999999]) assert.equal(lessBusyOfTwo(seats, random).name, '1');
});

test('each pair is as likely as any other', () => {
  const seats = busy(0, 1, 2);
  const counts = new Map<string, number>();
  for (let i = 0; i < 3_000; i += 1) {
    const { name } = lessBusyOfTwo(seats, i / 3_000);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  assert.deepEqual([counts.get('0'), counts.get('1'), counts.get('2')], [2_000, 1_000, undefined]);
});

for (const count of [3, 100]) {
  test(`${count} replicas are filled to the last place and no further`, () => {
    const seats = many(count);
    const rotation = aRotation(7, seats);
    assert.equal(fill(rotation, Number.POSITIVE_INFINITY), count * 7);
    assert.deepEqual(new Set(seats.map((seat) => seat.inFlight)), new Set([7]));
    rotation.release(seats[1] as Named);
    assert.equal(rotation.pick(0), seats[1]);
  });
}

test('requests are spread evenly, over few and over many', () => {
  const spread = [4, 50].map((count) => {
    const seats = many(count);
    fill(aRotation(0, seats), count * 100);
    const inFlight = seats.map((seat) => seat.inFlight);
    return Math.max(...inFlight) - Math.min(...inFlight);
  });
  assert.equal(spread[0], 0);
  assert.ok((spread[1] ?? 0) <= 6, `${spread[1]} apart`);
});

test('one that left gets no more, and takes up its count when it is back', () => {
  const [a, b] = many(2) as [Named, Named];
  const rotation = aRotation(2, [a, b]);
  fill(rotation, 4);
  rotation.setMembers([b]);
  rotation.release(a);
  assert.equal(rotation.pick(0), undefined);
  rotation.setMembers([a, b]);
  assert.equal(rotation.pick(0), a);
});

test('a changed limit holds at once', () => {
  const seats = many(2);
  const rotation = aRotation(1, seats);
  fill(rotation, 2);
  rotation.setLimit(3);
  assert.equal(fill(rotation, 9), 4);
  rotation.setLimit(0);
  assert.equal(fill(rotation, 9), 9);
});

test('one on trial gets one at a time', () => {
  const [a, b] = many(2) as [Named, Named];
  a.onTrial = true;
  const rotation = aRotation(0, [a, b]);
  fill(rotation, 10);
  assert.deepEqual([a.inFlight, b.inFlight], [1, 9]);
  a.onTrial = false;
  rotation.setMembers([a, b]);
  assert.equal(rotation.pick(0), a);
});

test('one that others fill is taken after all that have room, and as any other once its time is over', () => {
  const [a, b] = many(2) as [Named, Named];
  const rotation = aRotation(2, [a, b]);
  rotation.crowd(a, 100, 0);
  assert.equal(rotation.takenByOthers, 2);
  assert.equal(fill(rotation, 9), 2);
  assert.equal(b.inFlight, 2);
  assert.equal(rotation.pickCrowded(), a);
  rotation.take(a);
  assert.equal(rotation.takenByOthers, 1);
  assert.equal(rotation.pick(99), undefined);
  assert.equal(rotation.pick(100), a);
  assert.equal(rotation.takenByOthers, 0);
});

test('a place that one of its own requests has left, at one that others fill, is taken as any that is free', () => {
  const [a] = many(1) as [Named];
  const rotation = aRotation(3, [a]);
  fill(rotation, 2);
  rotation.crowd(a, 100, 0);
  assert.equal(rotation.pick(0), undefined);
  rotation.release(a);
  assert.equal(rotation.pick(0), a);
  rotation.take(a);
  assert.equal(rotation.pick(0), undefined);
});

/** Does at random what can happen, and looks after each step whether all still holds. */
class Chaos {
  readonly #random = seeded(7);
  readonly #seats = many(20);
  readonly #held: Named[] = [];
  readonly #rotation = aRotation(3, this.#seats);
  #members = this.#seats;
  #limit = 3;

  step(nowMs: number): void {
    const kind = this.#random() * 100;
    if (kind < 50) this.#take(nowMs);
    else if (kind < 95) this.#release();
    else if (kind < 97) this.#rotation.crowd(this.#any(this.#seats) as Named, nowMs + this.#random() * 50, nowMs);
    else this.#change();
    assert.equal(
      this.#seats.reduce((sum, seat) => sum + seat.inFlight, 0),
      this.#held.length,
    );
    const crowded = this.#members.filter((seat) => seat.list === 'crowded');
    assert.equal(
      this.#rotation.takenByOthers,
      crowded.reduce((sum, seat) => sum + this.#limit - seat.inFlight, 0),
    );
  }

  #any<T>(list: readonly T[]): T | undefined {
    return list[Math.floor(this.#random() * list.length)];
  }

  #take(nowMs: number): void {
    const picked = this.#rotation.pick(nowMs) ?? this.#rotation.pickCrowded();
    const withRoom = this.#members.filter((seat) => seat.inFlight < this.#limit);
    assert.equal(picked === undefined, withRoom.length === 0);
    if (picked === undefined) return;
    assert.ok(withRoom.includes(picked));
    this.#rotation.take(picked);
    this.#held.push(picked);
  }

  #release(): void {
    const [gone] = this.#held.splice(Math.floor(this.#random() * this.#held.length), 1);
    if (gone !== undefined) this.#rotation.release(gone);
  }

  #change(): void {
    this.#members = this.#seats.filter(() => this.#random() < 0.7);
    this.#rotation.setMembers(this.#members);
    this.#limit = 1 + Math.floor(this.#random() * 4);
    this.#rotation.setLimit(this.#limit);
  }
}

test('whatever happens in whatever order, room is found exactly when there is any', () => {
  const chaos = new Chaos();
  for (let nowMs = 0; nowMs < 20_000; nowMs += 1) chaos.step(nowMs);
});
