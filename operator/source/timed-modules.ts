/** How the runtime comes to know what each module of a bundle takes of a start. Pure. */
import { IMPORTED_GLOBAL } from '#api/names.ts';
import type { SourceFiles } from '../function/revision.ts';

/** How esbuild's output evaluates a CommonJS module: by its only key, which is the module's path. */
const REQUIRED = /\(0, ([\w$]+)\[([\w$]+)\(\1\)\[0\]\]\)\(\(([\w$]+) = \{ exports: \{\} \}\)\.exports, \3\)/g;

/**
 * The files that are to be marked: all code where there are several files, or where one was bundled beforehand by esbuild
 * with the names of its modules kept; else none, for what a single module takes is the whole import. They are marked only
 * once they have compiled, so that no mistake is said to be in a mark.
 * @param inputs paths that went into the bundle.
 */
export function timedFiles({ files }: SourceFiles, inputs: readonly string[]): string[] {
  const code = inputs.filter((path) => Object.hasOwn(files, path) && !path.endsWith('.json'));
  return code.length > 1 || code.some((path) => files[path]?.includes('__commonJS')) ? code : [];
}

/**
 * Has the CommonJS modules of a bundle evaluated by the runtime's timer of imports, where there is one. No line moves.
 * @param code as esbuild prints it.
 */
export function withTimedRequires(code: string): string {
  const timer = `(globalThis[Symbol.for(${JSON.stringify(IMPORTED_GLOBAL)})] ?? ((_, evaluate) => evaluate()))`;
  // Without the kind of module that esbuild puts before the path.
  return code.replace(
    REQUIRED,
    (evaluate, modules, namesOf) => `${timer}(${namesOf}(${modules})[0].replace(/^[\\w-]+:/, ""), () => ${evaluate})`,
  );
}
