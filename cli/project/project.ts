import type { FunctionSpec } from '#api/function.ts';

/** How code is bundled; all may be left out. */
export interface BuildSettings {
  /** Packages that are left out: code that asks for one is told that it is not installed. */
  external?: string[];
  /** Absent: white space goes and names stay; true: names are shortened too; false: as it is written. */
  minify?: boolean;
  /** Expressions by what they stand for, as in esbuild: `{ STAGE: '"test"' }`. */
  define?: Record<string, string>;
}

export interface ProjectFunction {
  /** Of the Function. */
  name: string;
  /** Absolute path of the module with the handler; undefined: it runs `spec.image`. */
  entry: string | undefined;
  /** As written: what is absent has the API server's default. */
  spec: Omit<Partial<FunctionSpec>, 'source'>;
  build: BuildSettings;
}

/** A folder with one function or several. */
export interface Project {
  /** Absolute. */
  folder: string;
  name: string;
  /** Undefined: that of the command line or of the kubeconfig. */
  namespace: string | undefined;
  functions: ProjectFunction[];
  /** Absolute paths of what was read to know all this. */
  files: string[];
}
