import { currentCall } from '../call/call.ts';
import type { ReplicaStage } from '../dispatch/stage.ts';
import type { JsonLog } from '../telemetry/log.ts';
import { holdSignals } from './held-signals.ts';
import { type ShutdownDeps, shutDown, shutDownAtOnce, shutDownFailed } from './shutdown.ts';

/** From now on signals, errors that nothing caught, and the function's own `process.exit` end the replica as they should. */
export function endByEvents(deps: ShutdownDeps): void {
  obeySignals(deps);
  catchStray(deps);
  logExit(deps.stage, deps.log);
}

/** Ends a replica that has failed: at once while it loads, else when the requests that run are finished. */
export async function fail(deps: ShutdownDeps, error: unknown): Promise<void> {
  const { stage, log } = deps;
  if (stage.current === 'loading') exitFatally(log, 'the function cannot be loaded', error);
  log.thrown('fatal', 'the replica failed; it finishes its requests and exits', error);
  await shutDownFailed(deps);
  process.exit(1);
}

export function exitFatally(log: JsonLog, msg: string, error: unknown): never {
  log.thrown('fatal', msg, error);
  process.exit(1);
}

function obeySignals(deps: ShutdownDeps): void {
  const { server, stage, log } = deps;
  let signals = 0;
  const onSignal = async (signal: NodeJS.Signals) => {
    signals++;
    if (signals === 1) {
      log.line('info', 'leaving', { signal });
      const code = await shutDown(deps);
      if (stage.current !== 'leaving') return;
      // Neither connections that wait for a request nor metrics keep a process that is otherwise done.
      server.closeAllConnections();
      deps.metrics()?.unref();
      await held.release(signal);
      process.exit(code);
    }
    // A second signal: whatever sends it does not want to wait.
    if (signals === 2) {
      log.line('warn', 'leaving at once', { signal });
      await shutDownAtOnce(deps);
    }
    process.exit(1);
  };
  const failed = (error: unknown) => log.thrown('error', 'a listener of the signal failed', error);
  const held = holdSignals((signal) => void onSignal(signal), failed);
}

/** What nothing caught belongs to the request in whose course it happened, and ends the replica. */
function catchStray(deps: ShutdownDeps): void {
  process.on('uncaughtException', (error) => {
    // First: an answer that is given from here on has to end its connection, or the gateway sends another request on it.
    void fail(deps, error);
    const call = currentCall.getStore();
    if (call !== undefined) deps.dispatcher.stop(call, { why: 'crashed', error });
  });
}

/** Says where the function's own code ended the process; what the runtime ends is not `ready` any more. */
function logExit(stage: ReplicaStage, log: JsonLog): void {
  process.on('exit', (code) => {
    if (stage.current !== 'ready') return;
    const err = new Error(`process.exit(${code}) was called`);
    log.line('fatal', 'the function ended its replica, and with it all requests that ran', { err });
  });
}
