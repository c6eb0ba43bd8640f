/** Which test files are run together, and how. */

/** In few processes, by `.toolchain/unit`; those of local/cluster/ by `.toolchain/cluster`. */
export const UNIT_FILES = [
  '{api,platform,operator,activator,runtime-image,log-keeper,dispatcher,local/run,local/chart,cli}/**/*.test.ts',
  'test/*.test.ts',
  'test/rights/rights.test.ts',
  'test/{bench,chart,parity,web-platform}/*.test.ts',
  'test/fuzz/*/*.test.ts',
];

export interface Tier {
  files: string[];
  /** Files at once. Most of the time each waits for processes of its own. */
  concurrency: number;
  /** Of a test, unless it names its own. */
  timeoutMs: number;
  /** Those that take longest, in this order: begun first, they end with the others. */
  first?: string[];
}

export const TIERS: Record<string, Tier> = {
  integration: {
    files: ['test/integration/*.test.ts'],
    // Three at once leave operators that lead without the processor time to renew their lease.
    concurrency: 2,
    timeoutMs: 120_000,
    first: [
      'install',
      'upgrade',
      'release',
      'leader',
      'poisoned-sources',
      'bundler',
      'scale',
      'operator',
      'runtime-grace',
    ],
  },
  cluster: {
    files: ['test/integration/{local,conformance}/*.test.ts'],
    concurrency: 2,
    timeoutMs: 120_000,
    first: ['restarts', 'surroundings', 'services', 'conformance'],
  },
  e2e: {
    files: ['test/e2e/**/*.test.ts'],
    concurrency: 4,
    timeoutMs: 300_000,
    first: ['ready', 'bad-handlers', 'newcomers', 'by-hand', 'failures', 'routes', 'kubectl', 'capacity'],
  },
  rights: { files: ['test/rights/used.test.ts'], concurrency: 1, timeoutMs: 60_000 },
  long: { files: ['test/long/*.test.ts'], concurrency: 1, timeoutMs: 400_000 },
  fuzz: { files: ['test/fuzz/*.test.ts'], concurrency: 1, timeoutMs: 280_000 },
};
