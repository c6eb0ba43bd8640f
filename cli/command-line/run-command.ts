import type { CommandContext } from './command-context.ts';
import type { GlobalOptions } from './global-options.ts';

/** Runs a command whose own arguments were read. */
export type RunCommand = (options: GlobalOptions, command: (context: CommandContext) => Promise<void>) => Promise<void>;
