/** The three classes of one implementation, without what their types forbid: cases give them what they must refuse. */
export interface Web {
  Headers: new (...args: readonly unknown[]) => Headers;
  Request: new (...args: readonly unknown[]) => Request;
  Response: {
    new (...args: readonly unknown[]): Response;
    json(...args: readonly unknown[]): Response;
    redirect(...args: readonly unknown[]): Response;
    error(): Response;
  };
}

/** Something that the Web Platform Tests ask of these classes: what is done, and what is to come of it. */
export interface Case {
  name: string;
  expect: unknown;
  does: (web: Web) => unknown;
}

/** What is expected of a case that must throw, or reject. */
export interface Thrown {
  throws: string;
}

export const TYPE_ERROR: Thrown = { throws: 'TypeError' };
export const RANGE_ERROR: Thrown = { throws: 'RangeError' };
export const SYNTAX_ERROR: Thrown = { throws: 'SyntaxError' };

export function is(name: string, expect: unknown, does: Case['does']): Case {
  return { name, expect, does };
}

/** A method by its name, with arguments that its type may forbid. */
export function call(object: object, method: string, ...args: readonly unknown[]): unknown {
  return (object as Record<string, (...all: readonly unknown[]) => unknown>)[method]?.(...args);
}

/** What comes of a case, as data. */
export async function outcomeOf({ does }: Case, web: Web): Promise<unknown> {
  try {
    return await does(web);
  } catch (error) {
    return { throws: error instanceof Error || error instanceof DOMException ? error.name : typeof error };
  }
}
