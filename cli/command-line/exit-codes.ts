/** What the process ends with: part of what scripts rely on, documented in docs/cli.md. */
export const EXIT = {
  done: 0,
  /** What was asked for could not be done; the message says why. */
  failed: 1,
  /** The command, an option or a setting is wrong: trying again does not help. */
  usage: 2,
  /** There is no such function, revision or namespace. */
  notFound: 3,
  /** The cluster could not be reached, or did not let the caller in. */
  cluster: 4,
  /** The code does not compile, or what it needs cannot be bundled. */
  build: 5,
  /** It was deployed, but does not answer: it cannot start, or time was up. */
  notReady: 6,
  /** Ended by Ctrl-C. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
