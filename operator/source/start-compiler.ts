import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Lifecycle } from '#platform/process/lifecycle.ts';
import type { OperatorConfig } from '../config.ts';
import { AheadBundler } from './ahead-bundler.ts';
import { type Compile, compileInFolder, tellByPipe } from './compile-folder.ts';
import { Compiler, type CompilerOptions } from './compiler.ts';
import { OwnBundler } from './own-bundler.ts';

type StartCompilerOptions = Pick<CompilerOptions, 'onDone' | 'onCompiled' | 'log'> & {
  config: OperatorConfig;
  lifecycle: Pick<Lifecycle, 'onStop'>;
};

/** The compiler with the bundler that the configuration names: one that listens in a folder, or a process of our own. */
export function startCompiler({ config, lifecycle, ...told }: StartCompilerOptions): Compiler {
  const limits = { cpuSeconds: config.CATNAP_BUNDLER_CPU_SECONDS, wallSeconds: config.CATNAP_BUNDLER_WALL_SECONDS };
  const folder = config.CATNAP_BUNDLER_FOLDER;
  if (folder !== undefined) {
    const options = { folder, limits, tell: (line: string) => tellByPipe(folder, line) };
    return stopped(
      lifecycle,
      new Compiler({ ...told, limits, compile: (job, bounds) => compileInFolder(job, options, bounds) }),
    );
  }
  const options = {
    program: config.CATNAP_BUNDLER_PROGRAM ?? programHere(),
    limits,
    memoryMib: config.CATNAP_BUNDLER_MEMORY_MIB,
    path: config.PATH,
  };
  const own = new OwnBundler(options);
  lifecycle.onStop('bundler', () => own[Symbol.asyncDispose]());
  const bySelf: Compile = (job, bounds) => own.compile(job, bounds);
  if (!config.CATNAP_BUNDLER_AHEAD) return stopped(lifecycle, new Compiler({ ...told, limits, compile: bySelf }));
  const ahead = new AheadBundler({ ...options, otherwise: bySelf });
  lifecycle.onStop('bundler ahead', () => ahead[Symbol.asyncDispose]());
  return stopped(lifecycle, new Compiler({ ...told, limits, compile: (job, bounds) => ahead.compile(job, bounds) }));
}

function stopped(lifecycle: Pick<Lifecycle, 'onStop'>, compiler: Compiler): Compiler {
  lifecycle.onStop('compiler', () => compiler[Symbol.asyncDispose]());
  return compiler;
}

/** Beside the operator's program, or in the checkout. */
function programHere(): string {
  const built = join(import.meta.dirname, 'bundler.mjs');
  return existsSync(built) ? built : join(import.meta.dirname, 'bundler', 'main.ts');
}
