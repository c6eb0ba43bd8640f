/** What is put behind a function's files once it is known that they compile, and into what they compile to. Pure. */
import { FRAMEWORK_PACKAGE, importedMark } from '#api/names.ts';
import type { SourceFiles } from '../function/revision.ts';
import { FRAMEWORK_VALUE, NAMESPACE } from './given-files.ts';
import { placedFiles, placeImport, withPlacedCommonJs } from './module-place.ts';
import { timedFiles, withTimedRequires } from './timed-modules.ts';

/** What the first pass showed. */
export interface FirstPass {
  /** Paths of the files that went in as code, and whether each is CommonJS. */
  code: ReadonlyMap<string, { isCommonJs: boolean }>;
  /** As the bundler printed it. */
  text: string;
}

export interface SecondPass {
  /** By path: what is put behind a file's text. */
  suffixes: Map<string, string>;
  /** Before the whole bundle; undefined: nothing. */
  banner: string | undefined;
  /** Whether a file asks where it is. */
  isPlaced: boolean;
  /** Whether the bundle was left a `require` of the Functions Framework. */
  requiresFramework: boolean;
  /** What is changed in the bundle itself. No line moves. */
  finish: (code: string) => string;
}

/** Of a bundle that the bundler left `require` in. */
const DYNAMIC_REQUIRE = 'Dynamic require of';
/**
 * What the bundler could not put in place calls `require`, which an ES module has none of: Node's modules and the Functions
 * Framework in code that was bundled before, and packages that are tried for and may be absent.
 */
const requireBanner = (framework: boolean) => `globalThis.require ??= (name) => {
  const found = ${framework ? `name === '${FRAMEWORK_PACKAGE}' ? ${FRAMEWORK_VALUE} : ` : ''}process.getBuiltinModule(name);
  if (found === undefined) throw Object.assign(new Error("Cannot find module '" + name + "'"), { code: 'MODULE_NOT_FOUND' });
  return found;
};`;

/** Undefined: what the first pass made is complete. */
export function secondPass(source: SourceFiles, { code, text }: FirstPass): SecondPass | undefined {
  const requires = text.includes(DYNAMIC_REQUIRE);
  const requiresFramework = requires && text.includes(FRAMEWORK_PACKAGE);
  const timed = timedFiles(source, [...code.keys()]);
  const placed = placedFiles(source, [...code.keys()]);
  if (!requires && timed.length === 0 && placed.length === 0) return undefined;
  const commonJs = placed.filter((path) => code.get(path)?.isCommonJs);
  const suffixes = new Map(placed.filter((path) => !commonJs.includes(path)).map((path) => [path, placeImport(path)]));
  for (const path of timed) suffixes.set(path, (suffixes.get(path) ?? '') + importedMark(path));
  const finish = (printed: string) => {
    const all = withPlacedCommonJs(printed, commonJs, NAMESPACE.own);
    return timed.length === 0 ? all : withTimedRequires(all);
  };
  return {
    suffixes,
    banner: requires ? requireBanner(requiresFramework) : undefined,
    isPlaced: placed.length > 0,
    requiresFramework,
    finish,
  };
}
