import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestClock } from '#platform/testing/test-clock.ts';
import { TimerWheel, WheelTimer } from './timer-wheel.ts';

class Scene {
  readonly clock = new TestClock();
  readonly deadlines = new TimerWheel(this.clock);
  readonly told: string[] = [];

  watch(name: string, inMs: number): WheelTimer {
    const deadline = new WheelTimer(() => this.told.push(name));
    this.deadlines.watch(deadline, this.clock.nowMs() + inMs);
    return deadline;
  }

  /** Lets time pass in steps, as an event loop would. */
  pass(ms: number): void {
    for (let step = 0; step < ms; step += 10) this.clock.advance(10);
  }
}

test('is told of a deadline once, not before it, and at most 50 ms after it', () => {
  const scene = new Scene();
  scene.watch('a', 1_000);
  scene.pass(990);
  assert.deepEqual(scene.told, []);
  scene.pass(60);
  assert.deepEqual(scene.told, ['a']);
  scene.pass(60_000);
  assert.deepEqual(scene.told, ['a']);
});

test('deadlines far away and near come in their order', () => {
  const scene = new Scene();
  scene.watch('an hour', 3_600_000);
  scene.watch('a minute', 60_000);
  scene.watch('now', 0);
  scene.pass(100);
  assert.deepEqual(scene.told, ['now']);
  scene.pass(60_000);
  assert.deepEqual(scene.told, ['now', 'a minute']);
  scene.pass(3_600_000);
  assert.deepEqual(scene.told, ['now', 'a minute', 'an hour']);
});

test('one that is forgotten is not told, one that is moved at its new time alone', () => {
  const scene = new Scene();
  const [forgotten, moved, kept] = [scene.watch('a', 200), scene.watch('b', 200), scene.watch('c', 200)];
  scene.deadlines.forget(forgotten);
  scene.deadlines.forget(forgotten);
  scene.deadlines.watch(moved, scene.clock.nowMs() + 500);
  scene.pass(300);
  assert.deepEqual(scene.told, ['c']);
  scene.pass(300);
  assert.deepEqual(scene.told, ['c', 'b']);
  scene.deadlines.watch(kept, scene.clock.nowMs() + 100);
  scene.pass(200);
  assert.deepEqual(scene.told, ['c', 'b', 'c']);
});

test('one that is due may forget another that is due as well', () => {
  const clock = new TestClock();
  const deadlines = new TimerWheel(clock);
  const told: string[] = [];
  const [a, b] = ['a', 'b'].map((name) => new WheelTimer(() => both(name)));
  const both = (name: string) => {
    told.push(name);
    for (const one of [a, b]) if (one !== undefined) deadlines.forget(one);
  };
  for (const one of [a, b]) if (one !== undefined) deadlines.watch(one, clock.nowMs() + 100);
  for (let i = 0; i < 30; i += 1) clock.advance(10);
  assert.equal(told.length, 1);
});

test('an event loop that was held up tells of all that has become due', () => {
  const scene = new Scene();
  for (const ms of [100, 5_000, 12_000, 30_000]) scene.watch(String(ms), ms);
  scene.clock.advance(20_000);
  assert.deepEqual(scene.told.toSorted(), ['100', '12000', '5000']);
});
