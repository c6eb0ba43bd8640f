/** One change of one object. */
export interface Change<T> {
  type: 'added' | 'updated' | 'deleted';
  object: T;
}

/** What changes of a kind of object look like; an informer, or a test. */
export interface Feed<T> {
  /** Resolves when the handlers have had all that existed at the start. */
  readonly synced: Promise<void>;
  /** Calls back for each change, first with what is known already. Returns how to stop. */
  onChange(handler: (change: Change<T>) => void): () => void;
}
