/** A function's replica: loads one handler out of the environment and serves it until it is told to leave. */
import type { Server } from 'node:http';
import { currentCall } from './call/call.ts';
import { traceOutgoing } from './call/trace-propagation.ts';
import { Dispatcher } from './dispatch/dispatcher.ts';
import { ReplicaStage } from './dispatch/stage.ts';
import { listen } from './http/listen.ts';
import { WebSockets } from './http/web-sockets.ts';
import { takeBundle } from './loading/bundle.ts';
import { load, type Ready } from './loading/load.ts';
import { createServer } from './server.ts';
import { readSettings, type Settings } from './settings.ts';
import { holdSignals } from './shutdown/held-signals.ts';
import { type ShutdownDeps, shutDown, shutDownAtOnce, shutDownFailed } from './shutdown/shutdown.ts';
import { installPlatformGlobals, mayTakeMessages } from './signatures/platform-globals.ts';
import { installWorkersGlobals } from './signatures/workers-globals.ts';
import { captureConsole } from './telemetry/console.ts';
import { captureWarnings, type Fields, JsonLog, jsonLine, stdoutWriter } from './telemetry/log.ts';
import { type ImportTimes, RequestMetrics, type Start } from './telemetry/metrics.ts';
import { createMetricsServer } from './telemetry/metrics-server.ts';
import { installGlobals } from './web/globals.ts';

/** What is not needed for the first answer waits this long: it would stand in its way. */
const AFTER_START_MS = 100;

await main();

async function main(): Promise<void> {
  process.setSourceMapsEnabled(true);
  const settings = settingsOrExit();
  const log = logOf(settings);
  const sent = process.uptime();
  const bundle = bundleOrExit(settings, log);
  const read = process.uptime() - sent;
  const stage = new ReplicaStage();
  const requests = new RequestMetrics();
  const onStuck = () => void fail(new Error('every place is held by a handler that does not end'));
  const webSockets = new WebSockets(log);
  const dispatcher = new Dispatcher({ settings, env: process.env, stage, log, metrics: requests, webSockets, onStuck });
  const givesMessages = mayTakeMessages(settings.signature, bundle);
  const server = createServer({ settings, stage, dispatcher, log, givesMessages });
  let ready: Ready | undefined;
  const dispose = () => ready?.dispose;
  const deps: ShutdownDeps = { server, stage, dispatcher, webSockets, log, timeoutMs: settings.timeoutMs, dispose };
  const fail = async (error: unknown) => {
    if (stage.current === 'loading') exitFatally(log, 'the function cannot be loaded', error);
    log.thrown('fatal', 'the replica failed; it finishes its requests and exits', error);
    await shutDownFailed(deps);
    process.exit(1);
  };
  obeySignals(deps, log);
  catchStray(dispatcher, fail);
  tellExit(stage, log);
  captureConsole(console, log);
  captureWarnings(log);
  installGlobals();
  webSockets.install(globalThis);
  traceOutgoing(() => currentCall.getStore()?.trace);
  const registered = installPlatformGlobals(globalThis);
  installWorkersGlobals(globalThis);
  try {
    const boot = process.uptime() - read;
    // At once, before the module is loaded: a probe that is here already is answered sooner. Of an image with its own code
    // a connection is all that is asked for, so there it comes last.
    const early = bundle === undefined ? undefined : listen(server, settings.port, settings.host);
    const asked = process.uptime();
    ready = await load({ settings, env: process.env, bundle, log, registered });
    const { invoke, seconds, imports } = ready;
    dispatcher.use(invoke);
    stage.open();
    const opened = process.uptime();
    await (early ?? listen(server, settings.port, settings.host));
    const phases = { boot, read, ...seconds, listen: asked - boot - read + process.uptime() - opened };
    setTimeout(
      () => void announce({ settings, log, requests, dispatcher, deps, start: { phases, imports } }),
      AFTER_START_MS,
    );
  } catch (error) {
    exitFatally(log, 'the function cannot be loaded', error);
  }
}

function settingsOrExit(): Settings {
  try {
    return readSettings(process.env);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    stdoutWriter()(jsonLine(new Date(), 'fatal', message, {}));
    process.exit(1);
  }
}

/** The bundle that the environment carries; undefined: the handler is a file of the image. */
function bundleOrExit(settings: Settings, log: JsonLog): string | undefined {
  try {
    return settings.bundleChunks > 0 ? takeBundle(process.env, settings) : undefined;
  } catch (error) {
    return exitFatally(log, 'the function cannot be loaded', error);
  }
}

function logOf({ function: name, namespace, revision, logFormat, logLevel }: Settings): JsonLog {
  const current = () => {
    const call = currentCall.getStore();
    return call === undefined ? undefined : { requestId: call.requestId, traceId: call.trace?.traceId };
  };
  return new JsonLog({ function: name, namespace, revision }, stdoutWriter(logFormat), current, logLevel);
}

function exitFatally(log: JsonLog, msg: string, error: unknown): never {
  log.thrown('fatal', msg, error);
  process.exit(1);
}

function obeySignals(deps: ShutdownDeps, log: JsonLog): void {
  let signals = 0;
  const onSignal = async (signal: NodeJS.Signals) => {
    signals++;
    if (signals === 1) {
      log.line('info', 'leaving', { signal });
      const code = await shutDown(deps);
      if (deps.stage.current !== 'leaving') return;
      // Neither connections that wait for a request nor metrics keep a process that is otherwise done.
      deps.server.closeAllConnections();
      deps.metrics?.unref();
      await held.release(signal);
      process.exit(code);
    }
    // Told twice: somebody does not want to wait.
    if (signals === 2) {
      log.line('warn', 'leaving at once', { signal });
      await shutDownAtOnce(deps);
    }
    process.exit(1);
  };
  const failed = (error: unknown) => log.thrown('error', 'a listener of the signal failed', error);
  const held = holdSignals((signal) => void onSignal(signal), failed);
}

/** What nobody caught belongs to the request in whose course it happened, and ends the replica. */
function catchStray(dispatcher: Dispatcher, fail: (error: unknown) => Promise<void>): void {
  process.on('uncaughtException', (error) => {
    // First: an answer that is given from here on has to end its connection, or the gateway sends another request on it.
    void fail(error);
    const call = currentCall.getStore();
    if (call !== undefined) dispatcher.stop(call, { why: 'crashed', error });
  });
}

/** Says where the function's own code ended the process; what the runtime ends is not `ready` any more. */
function tellExit(stage: ReplicaStage, log: JsonLog): void {
  process.on('exit', (code) => {
    if (stage.current !== 'ready') return;
    const err = new Error(`process.exit(${code}) was called`);
    log.line('fatal', 'the function ended its replica, and with it all requests that ran', { err });
  });
}

interface Started {
  settings: Settings;
  log: JsonLog;
  requests: RequestMetrics;
  dispatcher: Dispatcher;
  deps: ShutdownDeps;
  start: Start;
}

async function announce({ settings, log, requests, dispatcher, deps, start }: Started): Promise<void> {
  const replica = () => ({ start, inFlight: dispatcher.unanswered, waitUntilPending: dispatcher.waitUntil.size });
  const started = { port: portOf(deps.server), startSeconds: rounded(start.phases), ...importSeconds(start.imports) };
  try {
    const metrics = createMetricsServer({ requests, replica });
    await listen(metrics, settings.metricsPort, settings.host);
    deps.metrics = metrics;
    log.line('info', 'started', { metricsPort: portOf(metrics), ...started });
  } catch (error) {
    // The function can be served all the same.
    log.line('error', 'started without metrics', { ...started, err: error });
  }
}

function importSeconds(imports: ImportTimes): Fields {
  return Object.keys(imports).length === 0 ? {} : { importSeconds: rounded(imports) };
}

/** To a tenth of a millisecond: for people to read. */
function rounded(seconds: Readonly<Record<string, number>>): Fields {
  return Object.fromEntries(Object.entries(seconds).map(([name, value]) => [name, Number(value.toFixed(4))]));
}

function portOf(server: Server): number | undefined {
  const address = server.address();
  return typeof address === 'object' ? address?.port : undefined;
}
