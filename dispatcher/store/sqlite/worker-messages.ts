import { type Limits, type Store, StoreError, type StoreErrorCode } from '../store.ts';

/** What the thread is begun with. */
export interface WorkerData {
  path: string;
  limits: Limits;
}

export interface WorkerRequest {
  /** By which the answer is known. */
  number: number;
  method: Exclude<keyof Store, 'close'> | 'space';
  args: readonly unknown[];
  /** By the clock of who asks. */
  nowMs: number;
  /** Entries that it changes, at least 1, or as much work as that. */
  weight: number;
}

/** `code` is missing where the caller asked what no caller may: a RangeError. */
export interface Failure {
  code?: StoreErrorCode;
  message: string;
}

export type WorkerAnswer = { number: number; value: unknown } | { number: number; failure: Failure };

/** The first says whether the store is open; all others are groups of answers. */
export type WorkerMessage = 'opened' | { refused: Failure } | WorkerAnswer[];

export function toFailure(error: Error): Failure {
  return error instanceof StoreError ? { code: error.code, message: error.message } : { message: error.message };
}
