import type { Readable, Writable } from 'node:stream';
import type { Cluster } from '../cluster/cluster.ts';
import type { Environment } from './environment.ts';
import type { Output } from './output.ts';

/** What each command is given besides its own arguments and options. */
export interface CommandContext {
  output: Output;
  /** What comes in. */
  input: Readable;
  /** Where a question may be asked; undefined: there is no terminal. */
  terminal: { input: Readable; output: Writable } | undefined;
  env: Environment;
  /** Absolute path of the folder that the command was called in. */
  cwd: string;
  /** Ends with Ctrl-C. */
  signal: AbortSignal;
  /** The cluster that the options name; read once, and closed after the command. */
  cluster(): Promise<Cluster>;
}
