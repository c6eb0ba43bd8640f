/** Whose share of the table counts: a function. */
export interface KeyOwner {
  keys: number;
  readonly namespace: string;
}

/** A limit's own part of the keys. */
export interface KeySpace {
  readonly id: number;
  readonly owner: KeyOwner;
  /** That are held, of use or not. */
  keys: number;
  /** What a key begins with that is not known. */
  floorMs: number;
  /** Its keys are of no more use. */
  removed: boolean;
}
