/** What a user's module exports. */
export type Exports = Readonly<Record<string, unknown>>;
