import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Intake } from './intake.ts';

const LARGE = 32_768;

/** Reads a large piece and hands it on. Returns what the taker holds. */
function handOn(intake: Intake, fill: number, goesOn: boolean): Buffer {
  const held: Buffer[] = [];
  intake.next().fill(fill, 0, LARGE);
  const data = (chunk: Buffer) => {
    held.push(chunk);
    return goesOn;
  };
  assert.equal(intake.pass(0, LARGE, { data }), goesOn);
  return held[0] as Buffer;
}

test('what a taker holds is not read into', () => {
  const intake = new Intake();
  const pieces = [true, false, true, true, false].map((goesOn, i) => handOn(intake, i, goesOn));
  assert.deepEqual(
    pieces.map((piece) => new Set(piece)),
    [0, 1, 2, 3, 4].map((fill) => new Set([fill])),
  );
});

test('while the taker takes nothing, connections share what they read into', () => {
  const [waits, other, goesOn] = [new Intake(), new Intake(), new Intake()];
  handOn(waits, 1, false);
  handOn(other, 2, false);
  handOn(goesOn, 3, true);
  assert.equal(waits.next(), other.next());
  assert.notEqual(waits.next(), goesOn.next());
});
