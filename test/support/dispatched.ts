import { type TestContext, test } from 'node:test';
import type { System } from './system.ts';

type Body = (t: TestContext) => Promise<void> | void;
interface Options {
  skip: string | false;
}

/** `test` for what the dispatcher does; where the Catnap that is found has none, each says that it is not checked. */
export function dispatchedTests(system: Pick<System, 'hasDispatcher'>) {
  function declare(name: string, body: Body): void;
  function declare(name: string, options: Options, body: Body): void;
  function declare(name: string, ...rest: [Body] | [Options, Body]): void {
    const [options, body] = rest.length === 1 ? [{ skip: false as const }, rest[0]] : rest;
    test(name, options, async (t) => {
      if (!system.hasDispatcher) return t.skip('not checked: this Catnap has no dispatcher');
      await body(t);
    });
  }
  return declare;
}
