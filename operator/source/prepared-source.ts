import type * as esbuild from 'esbuild';
import type { SourceFiles } from '../function/revision.ts';
import { describeFailure, isBuildFailure } from './build-failure.ts';
import { replaceComputedImports } from './computed-imports.ts';
import { type CallSite, type ScannedFile, scanCalls, type Transform } from './scan-calls.ts';
import { SourceError } from './source-error.ts';
import { readTsConfig, type TsConfig } from './ts-config.ts';
import { mapSuffix, userMap } from './user-map.ts';

/** A function's files, made so that the bundler finds in them no reason to look at a disk. */
export interface PreparedSource {
  /**
   * What the bundler gets of a file. Throws a SourceError when the file does not parse.
   * @param suffix put behind it, before the last line, which speaks of the source map.
   */
  textOf(path: string, suffix?: string): string;
  /** What stands for computed imports, for every file to call. Undefined: there are none. */
  computedImports: string | undefined;
  /** Whether `path` has to be there when `importer` requires it, for no `try` is around. */
  mustResolve(importer: string, path: string): boolean;
  /** What the files' tsconfig.json says. */
  tsConfig: TsConfig;
  /** Texts that came in the files' own source maps. */
  mappedTexts: ReadonlySet<string>;
}

/** Reads nothing but what it is given. Throws a SourceError when there is more than can be prepared. */
export async function prepareSource(source: SourceFiles, transform: Transform): Promise<PreparedSource> {
  const tsConfig = await readTsConfig(source, transform);
  const scan = (path: string, text: string) => scanCalls({ path, text, tsconfigRaw: tsConfig.raw }, transform);
  const scanned = new Map<string, ScannedFile>();
  const failures = new Map<string, SourceError>();
  // One after the other: all of them at once would need the memory of all of them.
  for (const [path, text] of Object.entries(source.files)) {
    try {
      const found = await scan(path, text);
      scanned.set(path, found);
      if (found.phased !== undefined) failures.set(path, unsupportedPhase(source, found.phased));
    } catch (error) {
      failures.set(path, asSourceError(error, source));
    }
  }
  const sites = new Map<string, CallSite[]>();
  for (const [path, { computed }] of scanned) if (computed.length > 0) sites.set(path, computed);
  const { texts, module } = replaceComputedImports(source, sites);
  await requireNoneLeft(texts, failures, scan);
  const maps = Object.values(source.files).map((text) => userMap(text));
  return {
    mappedTexts: new Set(maps.flatMap((map) => map?.sourcesContent ?? [])),
    computedImports: module,
    mustResolve: (importer, path) => scanned.get(importer)?.required.has(path) ?? false,
    tsConfig,
    textOf: (path, suffix = '') => {
      const failure = failures.get(path);
      if (failure !== undefined) throw failure;
      const text = texts.get(path) ?? source.files[path] ?? '';
      return text + suffix + mapSuffix(text);
    },
  };
}

/** What the bundler would still look for on disk it does not get. */
async function requireNoneLeft(
  texts: ReadonlyMap<string, string>,
  failures: Map<string, SourceError>,
  scan: (path: string, text: string) => Promise<ScannedFile>,
): Promise<void> {
  for (const [path, text] of texts) {
    if (failures.has(path)) continue;
    const { computed } = await scan(path, text).catch(() => ({ computed: [undefined] }));
    if (computed.length === 0) continue;
    failures.set(path, new SourceError('CompileFailed', `${path}: its computed imports are not understood`));
  }
}

function asSourceError(error: unknown, { files }: SourceFiles): SourceError {
  if (error instanceof SourceError) return error;
  if (!isBuildFailure(error)) throw error;
  return new SourceError('CompileFailed', describeFailure(error.errors, files), { cause: error });
}

function unsupportedPhase({ files }: SourceFiles, location: esbuild.Location): SourceError {
  const text = 'an import of a path that is computed must be a plain import()';
  const message: esbuild.Message = { id: '', pluginName: '', text, location, notes: [], detail: undefined };
  return new SourceError('CompileFailed', describeFailure([message], files));
}
