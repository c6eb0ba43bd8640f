/**
 * Node's own fetch. The first call loads its implementation, 15 to 40 ms; holding it loads nothing. This file must be
 * evaluated before globals.ts puts another in its place.
 */
export const nodeFetch = globalThis.fetch;
