/** What of a bundle is machine code, or has to be left out for another reason. Decisions over what esbuild saw. Pure. */
import { isBuiltin } from 'node:module';
import type { Metafile } from 'esbuild';
import { FRAMEWORK_PACKAGE } from '#api/names.ts';
import { packageOf } from './input-path.ts';

/** Packages by which others find their native addon. */
const LOADERS = new Set([
  'bindings',
  'node-gyp-build',
  'node-gyp-build-optional-packages',
  'node-pre-gyp',
  '@mapbox/node-pre-gyp',
  'pkg-prebuilds',
  '@neon-rs/load',
]);
/** Names of packages with an addon for one platform: `@img/sharp-linux-x64`. */
const OF_A_PLATFORM =
  /(?:^|[-/])(?:linux|darwin|win32|android|freebsd)-(?:x64|x86_64|arm64|arm|ia32|riscv64|ppc64|s390x)/;
const ADDON = /\.node$/;

/** An import that is written in a file. */
export interface ImportSite {
  /** As esbuild names it: from the folder. */
  file: string;
  specifier: string;
  kind: string;
}

/** One that leads where a module cannot follow. */
export interface MissingImport extends ImportSite {
  /** Native package, or the addon's path; undefined: it is not installed, or was left out. */
  native: string | undefined;
}

export interface Facts {
  metafile: Metafile;
  /** Packages whose package.json says that their addon comes in packages of their own. */
  inPlatformPackages: ReadonlySet<string>;
  /** Whether a `require` stands where no `try` is around. */
  isNeeded: (site: ImportSite) => boolean;
}

/** Whether package.json says that the package's addon comes in a package for each platform. */
export function hasPlatformPackages(manifest: unknown): boolean {
  if (typeof manifest !== 'object' || manifest === null || !('optionalDependencies' in manifest)) return false;
  const { optionalDependencies: optional } = manifest;
  return (
    typeof optional === 'object' && optional !== null && Object.keys(optional).some((name) => OF_A_PLATFORM.test(name))
  );
}

/** All such imports. Those that are needed cannot be left out: see `isNeeded`, and imports that are no `require`. */
export function missingImports(facts: Facts): MissingImport[] {
  const native = nativePackages(facts);
  return edgesOf(facts.metafile).flatMap(({ target, isExternal, ...site }): MissingImport[] => {
    // A `require` is left as it is: it fails when it is called.
    if (isExternal) return site.kind === 'require-call' ? [] : [{ ...site, native: undefined }];
    const own = packageOf(site.file);
    const its = packageOf(target);
    if (its !== undefined && its !== own && native.has(its)) return [{ ...site, native: its }];
    return own === undefined && ADDON.test(target) ? [{ ...site, native: target }] : [];
  });
}

/** Packages that do not work without machine code. One that only tries for it does. */
function nativePackages({ metafile, inPlatformPackages, isNeeded }: Facts): Set<string> {
  const native = new Set(inPlatformPackages);
  const named = new Set<string>();
  for (const { target, ...site } of edgesOf(metafile)) {
    const own = packageOf(site.file);
    const its = packageOf(target);
    const isLoader = its !== undefined && its !== own && LOADERS.has(its);
    if (ADDON.test(target)) named.add(target);
    if (own !== undefined && (isLoader || ADDON.test(target)) && isNeeded(site)) native.add(own);
  }
  for (const input of Object.keys(metafile.inputs)) {
    // By a path that is computed.
    const own = ADDON.test(input) && !named.has(input) ? packageOf(input) : undefined;
    if (own !== undefined) native.add(own);
  }
  for (const loader of LOADERS) native.delete(loader);
  return native;
}

/** Files that look for an addon: of these it counts whether a `try` is around. */
export function addonSeekers(metafile: Metafile): string[] {
  const seekers = edgesOf(metafile).filter(({ target }) => ADDON.test(target) || LOADERS.has(packageOf(target) ?? ''));
  return seekers.map(({ file }) => file);
}

interface Edge extends ImportSite {
  target: string;
  isExternal: boolean;
}

function edgesOf({ inputs }: Metafile): Edge[] {
  return Object.entries(inputs).flatMap(([file, { imports }]) =>
    imports.flatMap(({ path, kind, original, external }): Edge[] => {
      if (external !== true) return [{ file, specifier: original ?? path, kind, target: path, isExternal: false }];
      if (isBuiltin(path) || path === FRAMEWORK_PACKAGE || /^[.<]/.test(path)) return [];
      return [{ file, specifier: path, kind, target: path, isExternal: true }];
    }),
  );
}
