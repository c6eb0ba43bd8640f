import type { Server } from 'node:http';
import { announce } from './announce.ts';
import { type Assignment, longestMs } from './assignment.ts';
import { currentCall } from './call/call.ts';
import { traceOutgoing } from './call/trace-propagation.ts';
import { Dispatcher } from './dispatch/dispatcher.ts';
import { ReplicaStage } from './dispatch/stage.ts';
import { listen } from './http/listen.ts';
import { WebSockets } from './http/web-sockets.ts';
import { unpackBundle } from './loading/bundle.ts';
import { load, type UnpackedCode } from './loading/load.ts';
import { createServer } from './server.ts';
import type { ProcessSettings } from './settings.ts';
import { endByEvents, exitFatally, fail } from './shutdown/process-end.ts';
import type { ShutdownDeps } from './shutdown/shutdown.ts';
import { installPlatformGlobals, mayTakeMessages, type Registrations } from './signatures/platform-globals.ts';
import { installWorkersGlobals } from './signatures/workers-globals.ts';
import { captureConsole } from './telemetry/console.ts';
import { captureWarnings, JsonLog, stdoutWriter } from './telemetry/log.ts';
import { RequestMetrics, type Start } from './telemetry/metrics.ts';
import { installGlobals } from './web/globals.ts';

/** What is not needed for the first answer waits this long: it would stand in its way. */
const AFTER_START_MS = 100;

/** All that a replica consists of once it serves. */
interface Replica {
  assignment: Assignment;
  settings: ProcessSettings;
  log: JsonLog;
  code: UnpackedCode;
  stage: ReplicaStage;
  requests: RequestMetrics;
  webSockets: WebSockets;
  dispatcher: Dispatcher;
  server: Server;
  shutdown: ShutdownDeps;
  later: Later;
}

/** What comes only as the start goes on. */
interface Later {
  /** The module's own. */
  dispose?: (() => unknown) | undefined;
  /** Once it listens. */
  metrics?: Server;
}

/**
 * Serves `assignment` until a signal or an error ends the process. To be called once in a process: its globals, signals and
 * console become the function's. Resolves once requests are let in; an assignment that cannot be served ends the process.
 */
export async function serve(assignment: Assignment, settings: ProcessSettings): Promise<void> {
  const log = logOf(assignment, settings);
  try {
    const before = process.uptime();
    const code = unpacked(assignment);
    const read = process.uptime() - before;
    const replica = assemble(assignment, settings, log, code);
    endByEvents(replica.shutdown);
    const registered = installAround(replica);
    const start = await open(replica, registered, read);
    setTimeout(() => void announceStart(replica, start), AFTER_START_MS);
  } catch (error) {
    exitFatally(log, 'the function cannot be loaded', error);
  }
}

function logOf({ function: name, namespace, revision }: Assignment, { logFormat, logLevel }: ProcessSettings): JsonLog {
  const current = () => {
    const call = currentCall.getStore();
    return call === undefined ? undefined : { requestId: call.requestId, traceId: call.trace?.traceId };
  };
  return new JsonLog({ function: name, namespace, revision }, stdoutWriter(logFormat), current, logLevel);
}

/** @throws where a bundle is not the one that its digest is of, or is none. */
function unpacked(assignment: Assignment): UnpackedCode {
  const { code } = assignment;
  return 'packed' in code ? { source: unpackBundle(code, assignment) } : code;
}

function assemble(assignment: Assignment, settings: ProcessSettings, log: JsonLog, code: UnpackedCode): Replica {
  const stage = new ReplicaStage();
  const requests = new RequestMetrics();
  const webSockets = new WebSockets(log);
  const onStuck = () => void fail(shutdown, new Error('every place is held by a handler that does not end'));
  const dispatcher = new Dispatcher({ assignment, stage, log, metrics: requests, webSockets, onStuck });
  const givesMessages = mayTakeMessages(assignment.signature, 'source' in code ? code.source : undefined);
  const probes = { stage, podUid: settings.podUid };
  const server = createServer({ assignment, probes, dispatcher, log, givesMessages });
  const later: Later = {};
  const shutdown: ShutdownDeps = {
    server,
    metrics: () => later.metrics,
    stage,
    dispatcher,
    webSockets,
    log,
    timeoutMs: longestMs(assignment),
    dispose: () => later.dispose,
  };
  return { assignment, settings, log, code, stage, requests, webSockets, dispatcher, server, shutdown, later };
}

/** Makes the process one in which handlers find what they expect. Returns what will have registered itself. */
function installAround({ log, webSockets }: Replica): Registrations {
  captureConsole(console, log);
  captureWarnings(log);
  installGlobals();
  webSockets.install(globalThis);
  traceOutgoing(() => currentCall.getStore()?.trace);
  const registered = installPlatformGlobals(globalThis);
  installWorkersGlobals(globalThis);
  return registered;
}

/** Loads the handler, and lets requests in. @param read seconds that unpacking the code took. */
async function open(replica: Replica, registered: Registrations, read: number): Promise<Start> {
  const { assignment, code, log, server, settings, later } = replica;
  const boot = process.uptime() - read;
  // At once, before the module is loaded: a probe that is here already is answered sooner. Of an image with its own code
  // a connection is all that is asked for, so there it comes last.
  const early = 'source' in code ? listen(server, settings.port, settings.host) : undefined;
  const asked = process.uptime();
  const { invoke, dispose, seconds, imports } = await load({ assignment, code, log, registered });
  later.dispose = dispose;
  replica.dispatcher.use(invoke);
  replica.stage.open();
  const opened = process.uptime();
  await (early ?? listen(server, settings.port, settings.host));
  const phases = { boot, read, ...seconds, listen: asked - boot - read + process.uptime() - opened };
  return { phases, imports };
}

async function announceStart(
  { settings, log, requests, dispatcher, server, later }: Replica,
  start: Start,
): Promise<void> {
  const state = () => ({ start, inFlight: dispatcher.unanswered, waitUntilPending: dispatcher.waitUntil.size });
  const metrics = await announce({ settings, log, server, start, sources: { requests, replica: state } });
  if (metrics !== undefined) later.metrics = metrics;
}
