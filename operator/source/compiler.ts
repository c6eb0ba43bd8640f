import type { SourceFiles } from '../function/revision.ts';
import { bundle, type Esbuild } from './bundle.ts';
import { bundleChunks, STORED_MAX_BYTES, storedBytes } from './bundle-chunks.ts';
import type { WantedHandler } from './exported-handler.ts';
import { SourceError } from './source-error.ts';

/**
 * Goes into the hash that says whether a stored bundle is up to date: change it when bundles should be made anew
 * (each function then gets its own the next time it is at zero).
 */
export const COMPILER = 'esbuild-0.28/3';

export interface CompilerOptions {
  /** How long the bundler's process is kept after a build, in milliseconds. */
  idleMs: number;
  /** Longest one build may take, in milliseconds. */
  deadlineMs: number;
  /** Told how long each build took, in seconds. */
  onBuilt?: (seconds: number) => void;
}

/** Compiles functions one at a time. esbuild runs as a process of its own only while there is something to compile. */
export class Compiler implements AsyncDisposable {
  readonly #options: CompilerOptions;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #idle: NodeJS.Timeout | undefined;
  #stopped = false;
  /** The bundler, once it was needed. */
  #esbuild: typeof import('esbuild') | undefined;

  constructor(options: CompilerOptions) {
    this.#options = options;
  }

  /**
   * The chunks to store for `source`. Throws a SourceError when it does not compile, lacks the handler, or is too large
   * to store even without its text in the source map.
   */
  async compile(source: SourceFiles, handler: WantedHandler): Promise<string[]> {
    const { code, leanCode } = await this.#inTurn((esbuild) => bundle(source, handler, esbuild));
    const chunks = await bundleChunks(code);
    if (storedBytes(chunks) <= STORED_MAX_BYTES) return chunks;
    const lean = await bundleChunks(leanCode);
    if (storedBytes(lean) <= STORED_MAX_BYTES) return lean;
    const kib = (bytes: number) => Math.ceil(bytes / 1024);
    throw new SourceError(
      'CompileFailed',
      `the compiled function takes ${kib(storedBytes(lean))} KiB (compressed, as base64), more than the ${kib(STORED_MAX_BYTES)} KiB that a pod can be handed; make it smaller, or build an image FROM the Catnap runtime image with the code in it and give that as spec.image`,
    );
  }

  #inTurn<T>(work: (esbuild: Esbuild) => Promise<T>): Promise<T> {
    this.#waiting += 1;
    const turn = this.#last.then(() => this.#run(work)).finally(() => this.#rest());
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #run<T>(work: (esbuild: Esbuild) => Promise<T>): Promise<T> {
    if (this.#stopped) throw new Error('the compiler was stopped');
    clearTimeout(this.#idle);
    this.#esbuild ??= await import('esbuild');
    const esbuild = this.#esbuild;
    const startedMs = performance.now();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('the build took too long')), this.#options.deadlineMs);
    });
    try {
      return await Promise.race([work(esbuild), late]);
    } catch (error) {
      // Whatever the bundler hangs in ends with its process; the next build starts another.
      if (!(error instanceof SourceError)) await esbuild.stop();
      throw error;
    } finally {
      clearTimeout(timer);
      this.#options.onBuilt?.((performance.now() - startedMs) / 1000);
    }
  }

  #rest(): void {
    this.#waiting -= 1;
    if (this.#waiting > 0 || this.#stopped) return;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      this.#last = this.#last.then(() => this.#esbuild?.stop());
    }, this.#options.idleMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#idle);
    await this.#last;
    await this.#esbuild?.stop();
  }
}
