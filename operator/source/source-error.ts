import type { SourceFailure } from '#api/conditions.ts';

/** The user's source is wrong: trying again cannot help until it changes. */
export class SourceError extends Error {
  override readonly name = 'SourceError';
  readonly reason: SourceFailure;
  /** `message`: what is wrong, where, and what to do. */
  constructor(reason: SourceFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
