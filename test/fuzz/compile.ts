/**
 * The operator's compiler as the fuzz tests use it, the one place that knows how it is called. Only what is late gets a
 * process of its own under limits, as each compile has in an operator: thousands of sources would wait for that.
 */
import { join } from 'node:path';
import * as esbuild from 'esbuild';
import type { CompileJob } from '../../operator/source/compile-folder.ts';
import { limitError } from '../../operator/source/compile-outcome.ts';
import { compileSource } from '../../operator/source/compile-source.ts';
import { OwnBundler } from '../../operator/source/own-bundler.ts';
import { SourceError } from '../../operator/source/source-error.ts';
import { inherited } from '../support/settings.ts';
import type { GeneratedSource } from './generate/sources.ts';
import { unpackedBundle } from './measure/traces.ts';

/** After so long a compile is late, in milliseconds. */
const LATE_MS = 1_500;
/** Longest a compile may take, in milliseconds: late, and then as long as its limit lets it. */
export const COMPILE_BOUND_MS = 8_000;

/** What became of a source: its bundle, or why there is none in words for its author. */
export type Compiled = { ok: true; code: string } | { ok: false; reason: string; message: string };

/** Less processor time than an operator gives by default: what a function is told does not depend on how much it is. */
const LIMITS = { cpuSeconds: 2, wallSeconds: 12 };
const PROGRAM = join(import.meta.dirname, '../../operator/source/bundler/main.ts');
const HANDLER = { handler: 'default', signature: 'auto' } as const;

export class FuzzedCompiler implements AsyncDisposable {
  readonly #bundler = new OwnBundler({ program: PROGRAM, limits: LIMITS, memoryMib: 512, path: inherited.PATH });

  /** How many had to be compiled under limits. */
  late = 0;

  /** Throws what is no verdict on the source: what would be tried again and again. */
  async compile({ files, entry }: Pick<GeneratedSource, 'files' | 'entry'>): Promise<Compiled> {
    const source = { files, entry };
    try {
      const compiled = compileSource(source, HANDLER, esbuild).then(({ chunks }) => chunks);
      const chunks = (await inTime(compiled)) ?? (await this.#limited(source));
      return { ok: true, code: unpackedBundle(chunks) };
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      return { ok: false, reason: error.reason, message: error.message };
    }
  }

  async #limited(source: CompileJob['source']): Promise<string[]> {
    this.late += 1;
    const outcome = await this.#bundler.compile(
      { source, handler: HANDLER },
      { cpuSeconds: LIMITS.cpuSeconds, signal: AbortSignal.timeout(60_000) },
    );
    if (outcome.kind === 'made') return outcome.chunks;
    throw outcome.kind === 'refused' ? outcome.error : limitError(outcome.by, LIMITS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#bundler[Symbol.asyncDispose]();
    await esbuild.stop();
  }
}

/** Undefined when it is late: then its process is ended, and the next compile starts another. */
async function inTime(compile: Promise<string[]>): Promise<string[] | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), LATE_MS);
  });
  compile.catch(() => undefined);
  const chunks = await Promise.race([compile, late]).finally(() => clearTimeout(timer));
  if (chunks === undefined) await esbuild.stop();
  return chunks;
}
