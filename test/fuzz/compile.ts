/** The operator's compiler as the fuzz tests use it: the one place that knows how it is called. */
import { Compiler } from '../../operator/source/compiler.ts';
import { SourceError } from '../../operator/source/source-error.ts';
import type { GeneratedSource } from './generate/sources.ts';
import { unpackedBundle } from './measure/traces.ts';

/** Longest a compile may take, in milliseconds. */
export const COMPILE_BOUND_MS = 5_000;

/** What became of a source: its bundle, or why there is none in words for its author. */
export type Compiled = { ok: true; code: string } | { ok: false; reason: string; message: string };

export class FuzzedCompiler implements AsyncDisposable {
  readonly #compiler = new Compiler({ idleMs: 10_000, deadlineMs: COMPILE_BOUND_MS });

  /** Throws what is no verdict on the source: what would be tried again and again. */
  async compile({ files, entry }: Pick<GeneratedSource, 'files' | 'entry'>): Promise<Compiled> {
    try {
      const chunks = await this.#compiler.compile({ files, entry }, { handler: 'default', signature: 'auto' });
      return { ok: true, code: unpackedBundle(chunks) };
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      return { ok: false, reason: error.reason, message: error.message };
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#compiler[Symbol.asyncDispose]();
  }
}
