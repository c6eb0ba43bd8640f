/** A value, or what several are in. */
export type Node = string | Branch;

/**
 * A list or an object while fields are put into it. A list is kept by position: one field may name the last position of
 * a long list, and no room is taken for those before it.
 */
export class Branch {
  readonly children = new Map<string, Node>();
  isList: boolean;
  /** Of an object that takes values without a name: the position of the last. -1: it takes none. */
  last = -1;
  /** Of a list: whether it stays one that takes values without a name when it becomes an object. */
  isMixed = false;
  /** Of a list: one more than the highest position. */
  length = 0;

  constructor(isList: boolean) {
    this.isList = isList;
  }

  set(key: string, node: Node): this {
    this.children.set(key, node);
    if (this.isList) this.length = Math.max(this.length, Number(key) + 1);
    else if (this.last >= 0 && isPosition(key)) this.last = Math.max(this.last, Number(key));
    return this;
  }

  /** Whether a value without a name has a place in it. */
  get takesNameless(): boolean {
    return this.isList || this.last >= 0;
  }

  append(node: Node): this {
    return this.set(String(this.isList ? this.length : this.last + 1), node);
  }

  becomeObject(): void {
    if (this.isList && this.isMixed) this.last = this.length - 1;
    this.isList = false;
  }

  /** From now on it takes values without a name, behind the highest position that it has. */
  takeNameless(): void {
    this.last = Math.max(this.last, 0, ...[...this.children.keys()].filter(isPosition).map(Number));
  }
}

/** Whether a name is a position in a list: `0`, `1`, …, written as numbers are. */
export function isPosition(text: string): boolean {
  return String(Number.parseInt(text, 10)) === text && Number(text) >= 0;
}

/** Puts `source`, which one field made, into `target`; returns what stands in its place from then on. */
export function merge(target: Node, source: Node, limit: number): Node {
  if (typeof source === 'string') return source === '' ? target : withValue(target, source);
  if (typeof target === 'string') return behind(target, source, limit);
  return target.isList && source.isList ? mergeLists(target, source, limit) : mergeFields(target, source, limit);
}

/** An item takes its place, or joins what is in it; a value whose place is taken comes last. */
function mergeLists(target: Branch, source: Branch, limit: number): Branch {
  for (const [key, item] of inOrder(source)) {
    const there = target.children.get(key);
    if (there === undefined) target.set(key, item);
    else if (there instanceof Branch && item instanceof Branch) target.set(key, merge(there, item, limit));
    else target.append(item);
  }
  return target;
}

function mergeFields(target: Branch, source: Branch, limit: number): Branch {
  target.becomeObject();
  for (const [key, item] of inOrder(source)) {
    const there = target.children.get(key);
    target.set(key, there === undefined ? item : merge(there, item, limit));
  }
  if (source.last >= 0) target.takeNameless();
  return target;
}

/** `target` with a value that has no name of its own in it. */
function withValue(target: Node, value: string): Node {
  if (target instanceof Branch && target.takesNameless) return target.append(value);
  const list = new Branch(true).append(target).append(value);
  list.isMixed = target instanceof Branch;
  return list;
}

/** A list, or what stands for one, that has `first` before what it had. */
function behind(first: string, source: Branch, limit: number): Branch {
  if (!source.takesNameless) return new Branch(true).append(first).append(source);
  const all = new Branch(source.isList && source.length < limit);
  if (!all.isList) all.last = 0;
  all.set('0', first);
  for (const [key, item] of source.children) all.set(String(Number(key) + 1), item);
  return all;
}

/** Children of a list by position; of an object as they are. */
function inOrder({ isList, children }: Branch): [string, Node][] {
  return isList ? [...children].sort(([a], [b]) => Number(a) - Number(b)) : [...children];
}

/** Without the empty positions of lists. */
export function plain(node: Node): unknown {
  if (typeof node === 'string') return node;
  const entries = inOrder(node);
  if (node.isList) return entries.map(([, item]) => plain(item));
  return Object.fromEntries(entries.map(([key, item]) => [key, plain(item)]));
}
