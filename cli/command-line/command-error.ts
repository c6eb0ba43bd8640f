import type { ExitCode } from './exit-codes.ts';

/** A command that ends with a sentence for its user: what is wrong and what to do. Shown without a stack. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exitCode: ExitCode;

  /** @param exitCode what the process ends with */
  constructor(message: string, exitCode: ExitCode, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}
