import type { Environment } from '@marcbachmann/cel-js';
import { celEqual } from './equality.ts';

type Ordered = string | number | bigint | boolean | Date;

function extreme(list: readonly Ordered[], isBetter: (a: Ordered, b: Ordered) => boolean, name: string): Ordered {
  if (list.length === 0) throw new Error(`${name} called on empty list`);
  return list.reduce((best, item) => (isBetter(item, best) ? item : best));
}

function includesAll(list: readonly unknown[], part: readonly unknown[]): boolean {
  return part.every((item) => list.some((other) => celEqual(other, item)));
}

function distinct(list: readonly unknown[]): unknown[] {
  return list.filter((item, i) => list.findIndex((other) => celEqual(other, item)) === i);
}
function sorted(list: readonly Ordered[]): Ordered[] {
  return [...list].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

class Sets {}
class Lists {}

/** Lists and sets, as Kubernetes has them beyond standard CEL. */
export function addListFunctions(environment: Environment): void {
  environment
    .registerFunction('list<int>.sum(): int', (list: bigint[]) => list.reduce((sum, item) => sum + item, 0n))
    .registerFunction('list<double>.sum(): double', (list: number[]) => list.reduce((sum, item) => sum + item, 0))
    .registerFunction('list<T>.min(): T', (list: Ordered[]) => extreme(list, (a, b) => a < b, 'min'))
    .registerFunction('list<T>.max(): T', (list: Ordered[]) => extreme(list, (a, b) => a > b, 'max'))
    .registerFunction('list<T>.isSorted(): bool', (list: Ordered[]) =>
      list.every((item, i) => i === 0 || (list[i - 1] as Ordered) <= item),
    )
    .registerFunction('list<T>.indexOf(T): int', (list: unknown[], item: unknown) =>
      BigInt(list.findIndex((other) => celEqual(other, item))),
    )
    .registerFunction('list<T>.lastIndexOf(T): int', (list: unknown[], item: unknown) =>
      BigInt(list.findLastIndex((other) => celEqual(other, item))),
    )
    .registerFunction('list<T>.slice(int, int): list<T>', (list: unknown[], start: bigint, end: bigint) => {
      if (start < 0n || end > list.length || start > end) throw new Error(`cannot slice(${start}, ${end})`);
      return list.slice(Number(start), Number(end));
    })
    .registerFunction('list<T>.distinct(): list<T>', distinct)
    .registerFunction('list<T>.sort(): list<T>', sorted)
    .registerType('Lists', Lists)
    .registerConstant('lists', 'Lists', new Lists())
    .registerFunction('Lists.range(int): list<int>', (_: Lists, count: bigint) =>
      Array.from({ length: Number(count) }, (_item, i) => BigInt(i)),
    )
    .registerType('Sets', Sets)
    .registerConstant('sets', 'Sets', new Sets())
    .registerFunction('Sets.contains(list<T>, list<T>): bool', (_: Sets, list: unknown[], part: unknown[]) =>
      includesAll(list, part),
    )
    .registerFunction(
      'Sets.equivalent(list<T>, list<T>): bool',
      (_: Sets, a: unknown[], b: unknown[]) => includesAll(a, b) && includesAll(b, a),
    )
    .registerFunction('Sets.intersects(list<T>, list<T>): bool', (_: Sets, a: unknown[], b: unknown[]) =>
      a.some((item) => b.some((other) => celEqual(item, other))),
    );
}
