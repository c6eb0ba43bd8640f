/**
 * What a function's code is bundled into, as the bundler's options; the same wherever that is done: what the command line has bundled the
 * operator bundles once more.
 */
export const BUNDLE_SHAPE = {
  bundle: true,
  write: false,
  metafile: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  charset: 'utf8',
  legalComments: 'none',
  sourcemap: 'external',
  logLevel: 'silent',
} as const;
