/** What the template engine takes for something else than Go does. Pure. */

interface Block {
  /** `with` and `range` run in a scope of their own: the engine forgets at their end what they assigned. */
  scoped: boolean;
  declared: Set<string>;
}

const ACTION = /\{\{-?\s*(.*?)\s*-?\}\}/gs;
const OPENS = /^(if|with|range|define|block)\b/;
const DECLARES = /(\$\w+)(?:\s*,\s*(\$\w+))?\s*:=/;
const ASSIGNS = /^(\$\w+)\s*=[^=]/;

/** Throws for an assignment inside `with` or `range` to a variable from outside: in Go it lasts, here it would be lost. */
export function refuseLostAssignments(source: string): void {
  const blocks: Block[] = [{ scoped: false, declared: new Set() }];
  for (const [, action = ''] of source.matchAll(ACTION)) {
    const opens = OPENS.exec(action)?.[1];
    if (opens !== undefined) blocks.push({ scoped: opens === 'with' || opens === 'range', declared: new Set() });
    const [, first, second] = DECLARES.exec(action) ?? [];
    for (const name of [first, second]) if (name !== undefined) blocks.at(-1)?.declared.add(name);
    const assigned = ASSIGNS.exec(action)?.[1];
    if (assigned !== undefined && isLost(blocks, assigned)) {
      throw new Error(`the assignment to ${assigned} would be lost at the end of its with or range: use if`);
    }
    if (action === 'end') blocks.pop();
  }
}

function isLost(blocks: readonly Block[], name: string): boolean {
  const home = blocks.findLastIndex(({ declared }) => declared.has(name));
  return blocks.slice(home + 1).some(({ scoped }) => scoped);
}
