import { CommanderError } from 'commander';
import { KubeError } from '#platform/kube/error.ts';
import { CommandError } from './command-error.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { printable } from './printable.ts';

/** What the process ends with for what a command threw, and the line that says why; no line where that was said already. Pure. */
export function outcomeOf(error: unknown, interrupted: boolean): { exitCode: ExitCode; line?: string } {
  if (interrupted) return { exitCode: EXIT.interrupted };
  const { exitCode, line } = outcomeOfFailure(error);
  return { exitCode, ...(line !== undefined && { line: printable(line) }) };
}

function outcomeOfFailure(error: unknown): { exitCode: ExitCode; line?: string } {
  if (error instanceof CommandError) return { exitCode: error.exitCode, line: `catnap: ${error.message}` };
  // The parser has said it, and ends with 0 after --help and --version.
  if (error instanceof CommanderError) return { exitCode: error.exitCode === 0 ? EXIT.done : EXIT.usage };
  if (error instanceof KubeError) return outcomeOfAnswer(error);
  return {
    exitCode: EXIT.failed,
    line: `catnap: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  };
}

function outcomeOfAnswer(error: KubeError): { exitCode: ExitCode; line: string } {
  const line = `catnap: ${error.message}`;
  if (error.status === 404) return { exitCode: EXIT.notFound, line };
  if (error.status === 0 || error.status === 401 || error.status === 403) return { exitCode: EXIT.cluster, line };
  return { exitCode: EXIT.failed, line };
}
