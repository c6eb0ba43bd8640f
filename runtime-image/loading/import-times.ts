/** How long each of the user's modules takes to be imported. */
import { IMPORTED_GLOBAL } from '../../api/names.ts';
import { nodeModule } from '../builtin.ts';
import { nowMs } from '../clock.ts';
import type { ImportTimes } from '../telemetry/metrics.ts';

/** Modules that are named at most. */
const MOST_SHOWN = 10;
/** What takes less, in seconds, is not what makes a start slow. */
const LEAST_SHOWN = 0.001;

/**
 * Adds up, by module, the time that passes while it is read and evaluated; what a module imports is not part of its own.
 * A module that awaits while it is evaluated is charged with the waiting.
 */
export class ImportClock {
  readonly #spent = new Map<string, number>();
  /** Modules that are being evaluated, each required by the one before. */
  readonly #running: string[] = [];
  /** Whose time it is now, where nothing runs: what was read last is compiled. */
  #latest: string | undefined;
  #sinceMs = nowMs();

  /** The time since the last event was `module`'s. */
  charge(module: string | undefined): void {
    const atMs = nowMs();
    if (module !== undefined) this.#spent.set(module, (this.#spent.get(module) ?? 0) + atMs - this.#sinceMs);
    this.#sinceMs = atMs;
  }

  /** Reads `module` by `read`. */
  reading<T>(module: string, read: () => T): T {
    this.charge(this.#running.at(-1) ?? this.#latest);
    try {
      return read();
    } finally {
      this.charge(module);
      this.#latest = module;
    }
  }

  /** Evaluates `module` by `evaluate`, in which others may run. */
  running<T>(module: string, evaluate: () => T): T {
    this.charge(this.#running.at(-1) ?? module);
    this.#running.push(module);
    try {
      return evaluate();
    } finally {
      this.charge(module);
      this.#running.pop();
    }
  }

  /** By package, or file of the user's, the slowest first; empty: there is only one. @param nameOf see `moduleName`. */
  times(nameOf: (module: string) => string): ImportTimes {
    const byName = new Map<string, number>();
    for (const [module, ms] of this.#spent) {
      const name = nameOf(module);
      byName.set(name, (byName.get(name) ?? 0) + ms / 1000);
    }
    if (byName.size < 2) return {};
    const slow = [...byName].filter(([, seconds]) => seconds >= LEAST_SHOWN).sort(([, a], [, b]) => b - a);
    return Object.fromEntries(slow.slice(0, MOST_SHOWN));
  }
}

/** `node_modules/<package>`, the innermost; for other files their path from `directory`. @param module path or file URL. */
export function moduleName(module: string, directory: string): string {
  const file = module.startsWith('file:') ? decodeURIComponent(module.slice('file://'.length)) : module;
  const name = /^(?:.*\/)?node_modules\/((?:@[^/]+\/)?[^/]+)/s.exec(file)?.[1];
  if (name !== undefined) return `node_modules/${name}`;
  return file.startsWith(`${directory}/`) ? file.slice(directory.length + 1) : file;
}

/** Has `clock` hear of modules that are marked. Undone by `dispose`. */
export function hearMarks(clock: ImportClock): Disposable {
  const key = Symbol.for(IMPORTED_GLOBAL);
  const value = (module: string, evaluate?: () => unknown) =>
    evaluate === undefined ? clock.charge(module) : clock.running(module, evaluate);
  Object.defineProperty(globalThis, key, { value, configurable: true });
  return { [Symbol.dispose]: () => Reflect.deleteProperty(globalThis, key) };
}

/** Has `clock` time what is required. Undone by `dispose`. */
export function timeRequired(clock: ImportClock): Disposable {
  // Node's own place for it: what loaders of other languages and tracers replace too.
  const prototype = nodeModule.Module.prototype as unknown as { _compile(content: string, file: string): unknown };
  const compile = prototype._compile;
  prototype._compile = function (this: unknown, content, file, ...rest: []) {
    return clock.running(file, () => compile.call(this, content, file, ...rest));
  };
  return {
    [Symbol.dispose]: () => {
      prototype._compile = compile;
    },
  };
}
