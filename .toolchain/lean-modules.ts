import { isBuiltin } from 'node:module';
import { dirname } from 'node:path';
import type { Plugin } from 'esbuild';

/**
 * What keeps a bundled program small in memory: the parts of packages that nothing here uses stay out, whether or not
 * the packages were written for that. Measured on an idle activator, as Pss: 5 MiB by the
 * built-ins, 1 by parts of prom-client and pino.
 */

const root = dirname(import.meta.dirname);

/**
 * Node's own modules by a call, not by an `import`: importing `node:http` evaluates each of its exports, and one of them
 * (WebSocket) loads the whole fetch implementation.
 */
export const builtinsOnDemand: Plugin = {
  name: 'built-ins on demand',
  setup(build) {
    build.onResolve({ filter: /./ }, ({ path, kind }) =>
      kind === 'import-statement' && isBuiltin(path) ? { path, namespace: 'builtin' } : undefined,
    );
    build.onLoad({ filter: /./, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
    }));
  },
};

/** Modules of packages that stand for the whole: an import of anything else fails the build, and is to be added here. */
const PARTS: Readonly<Record<string, string>> = {
  'prom-client': `
    export { default as Counter } from 'prom-client/lib/counter.js';
    export { default as Gauge } from 'prom-client/lib/gauge.js';
    export { default as Histogram } from 'prom-client/lib/histogram.js';
    export { default as Registry } from 'prom-client/lib/registry.js';
    export { default as collectDefaultMetrics } from 'prom-client/lib/defaultMetrics.js';`,
};

/** What packages load at once and need only for what nothing here asks of them: exemplars, and log lines written by a worker thread. */
const ABSENT: Readonly<Record<string, string>> = {
  '@opentelemetry/api': 'prom-client',
  'thread-stream': 'pino',
};

/** Only the parts of large packages that our own modules import; packages that import them get them whole. */
export const partsOfPackages: Plugin = {
  name: 'parts of packages',
  setup(build) {
    build.onResolve({ filter: /^prom-client$/ }, ({ path, importer }) =>
      importer.includes('/node_modules/') ? undefined : { path, namespace: 'part' },
    );
    build.onLoad({ filter: /./, namespace: 'part' }, ({ path }) => ({ contents: PARTS[path] ?? '', resolveDir: root }));
    build.onResolve({ filter: /^(@opentelemetry\/api|thread-stream)$/ }, ({ path, importer }) =>
      importer.includes(`/node_modules/${ABSENT[path]}/`) ? { path, namespace: 'absent' } : undefined,
    );
    build.onLoad({ filter: /./, namespace: 'absent' }, () => ({ contents: 'module.exports = undefined;' }));
  },
};
