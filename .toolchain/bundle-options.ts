import { dirname } from 'node:path';
import type { BuildOptions } from 'esbuild';
import { builtinsOnDemand, partsOfPackages } from './lean-modules.ts';

/** How esbuild makes a program of ours. Pure. */

export const root = dirname(import.meta.dirname);

/** Of all programs. */
export const PROGRAM = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  legalComments: 'none',
  logLevel: 'warning',
  outExtension: { '.js': '.mjs' },
  metafile: true,
} as const satisfies BuildOptions;

/** Packages in CommonJS that were bundled into a module still call `require` for what is built in. */
export const REQUIRE_FOR_BUNDLED = {
  js: "import { createRequire as catnapCreateRequire } from 'node:module'; const require = catnapCreateRequire(import.meta.url);",
};

/** Of those in several files, of which what is not needed at the start is loaded when it is. */
export const PROGRAM_IN_PARTS = {
  ...PROGRAM,
  splitting: true,
  // Names stay as they are written: a stack trace can be read, and no call is spent on giving functions theirs.
  minifySyntax: true,
  minifyWhitespace: true,
  // Node shows the line of an error that nobody caught: it must not be the whole program.
  lineLimit: 200,
  // The second is asked for by a package that can do without it.
  external: ['esbuild', 'pg-native'],
  banner: REQUIRE_FOR_BUNDLED,
  plugins: [builtinsOnDemand, partsOfPackages],
} as const satisfies BuildOptions;
