/**
 * Node's own modules, fetched without an `import` statement. Importing `node:http` evaluates every one of its exports,
 * and one of them (WebSocket) loads the whole fetch implementation: 15 to 40 ms of a start that takes 50.
 * The same is true in small for the others, so all of them come from here.
 */
export const http = process.getBuiltinModule('node:http');
export const net = process.getBuiltinModule('node:net');
export const fs = process.getBuiltinModule('node:fs');
export const diagnosticsChannel = process.getBuiltinModule('node:diagnostics_channel');
export const { AsyncLocalStorage } = process.getBuiltinModule('node:async_hooks');
export const nodeModule = process.getBuiltinModule('node:module');
export const util = process.getBuiltinModule('node:util');
export const path = process.getBuiltinModule('node:path');
export const url = process.getBuiltinModule('node:url');
export const { Readable } = process.getBuiltinModule('node:stream');

/** 4 ms to load: only when there is a large bundle to unpack. */
export function zlib(): typeof import('node:zlib') {
  return process.getBuiltinModule('node:zlib');
}

/** 5 ms to load: only for a form that is sent, and for a large bundle. */
export function loadCrypto(): typeof import('node:crypto') {
  return process.getBuiltinModule('node:crypto');
}

export function randomUuid(): string {
  return loadCrypto().randomUUID();
}
