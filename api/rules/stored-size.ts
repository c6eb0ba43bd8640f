/**
 * Most that a function's code may take as it is stored, compressed and as base64, in bytes: what an environment can carry, 2,040 KiB
 * in all, with room for the user's own.
 */
export const STORED_MAX_BYTES = 1600 * 1024;
