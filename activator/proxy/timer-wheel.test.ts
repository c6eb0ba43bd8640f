import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestClock } from '#platform/testing/test-clock.ts';
import { TimerWheel, WheelTimer } from './timer-wheel.ts';

class Scene {
  readonly clock = new TestClock();
  readonly deadlines = new TimerWheel(this.clock);
  readonly fired: string[] = [];

  set(name: string, inMs: number): WheelTimer {
    const deadline = new WheelTimer(() => this.fired.push(name));
    this.deadlines.set(deadline, this.clock.nowMs() + inMs);
    return deadline;
  }

  /** Lets time pass in steps, as an event loop would. */
  pass(ms: number): void {
    for (let step = 0; step < ms; step += 10) this.clock.advance(10);
  }
}

test('a timer fires once, not before its time, and at most 50 ms after it', () => {
  const scene = new Scene();
  scene.set('a', 1_000);
  scene.pass(990);
  assert.deepEqual(scene.fired, []);
  scene.pass(60);
  assert.deepEqual(scene.fired, ['a']);
  scene.pass(60_000);
  assert.deepEqual(scene.fired, ['a']);
});

test('deadlines far away and near come in their order', () => {
  const scene = new Scene();
  scene.set('an hour', 3_600_000);
  scene.set('a minute', 60_000);
  scene.set('now', 0);
  scene.pass(100);
  assert.deepEqual(scene.fired, ['now']);
  scene.pass(60_000);
  assert.deepEqual(scene.fired, ['now', 'a minute']);
  scene.pass(3_600_000);
  assert.deepEqual(scene.fired, ['now', 'a minute', 'an hour']);
});

test('one that is cancelled does not fire, one that is moved only at its new time', () => {
  const scene = new Scene();
  const [forgotten, moved, kept] = [scene.set('a', 200), scene.set('b', 200), scene.set('c', 200)];
  scene.deadlines.cancel(forgotten);
  scene.deadlines.cancel(forgotten);
  scene.deadlines.set(moved, scene.clock.nowMs() + 500);
  scene.pass(300);
  assert.deepEqual(scene.fired, ['c']);
  scene.pass(300);
  assert.deepEqual(scene.fired, ['c', 'b']);
  scene.deadlines.set(kept, scene.clock.nowMs() + 100);
  scene.pass(200);
  assert.deepEqual(scene.fired, ['c', 'b', 'c']);
});

test('one that is due may forget another that is due as well', () => {
  const clock = new TestClock();
  const deadlines = new TimerWheel(clock);
  const fired: string[] = [];
  const [a, b] = ['a', 'b'].map((name) => new WheelTimer(() => both(name)));
  const both = (name: string) => {
    fired.push(name);
    for (const one of [a, b]) if (one !== undefined) deadlines.cancel(one);
  };
  for (const one of [a, b]) if (one !== undefined) deadlines.set(one, clock.nowMs() + 100);
  for (let i = 0; i < 30; i += 1) clock.advance(10);
  assert.equal(fired.length, 1);
});

test('an event loop that was held up tells of all that has become due', () => {
  const scene = new Scene();
  for (const ms of [100, 5_000, 12_000, 30_000]) scene.set(String(ms), ms);
  scene.clock.advance(20_000);
  assert.deepEqual(scene.fired.toSorted(), ['100', '12000', '5000']);
});
