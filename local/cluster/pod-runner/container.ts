// Longer than 250 lines: a container's states and the moves between them stand side by side.
/** One container of a pod through all its runs. */
import { pause } from '#platform/time/deadline.ts';
import { afterExit, type Backoff, durationText } from './backoff.ts';
import { ContainerConfigError } from './container-env.ts';
import { latestRun, makeContainerDir, type RunFiles, removeRun, runFiles } from './container-files.ts';
import { ContainerProcess } from './container-process.ts';
import {
  backingOff,
  type ContainerRecord,
  ended,
  lost,
  type RunEnd,
  running,
  statusOf,
  WAITING,
  waiting,
  wholeSeconds,
} from './container-record.ts';
import { runPreStop } from './hooks.ts';
import { ImagePull } from './image-pull.ts';
import { lookUpImage } from './images.ts';
import { type Launch, makeOwnFolders, planLaunch, StartError } from './launch-plan.ts';
import { LocalLimits } from './local-limits.ts';
import { readLog, terminationMessage } from './log-file.ts';
import { LogIndex } from './log-index.ts';
import { lastWords } from './log-lines.ts';
import type { LogSource } from './log-server.ts';
import { portAdvice } from './own-port.ts';
import type { Container, PodContext } from './pod-context.ts';
import type { ContainerStatus } from './pod-status.ts';
import { namedPorts, type ProbeTarget } from './probe.ts';
import type { ProbeKind } from './probe-state.ts';
import { Probes } from './probes.ts';

/** Kubelet looks at a pod again after this long when a container could not be made. */
const CONFIG_RETRY_MS = 10_000;
/** How long a container that was told to end early is kept down when its pod is not deleted after all. */
const EXPECTED_END_MS = 10_000;

/** One run, alive or failed at the very start. */
interface Run {
  exited: Promise<RunEnd>;
  end: () => void;
}

export class ContainerRunner {
  readonly spec: Container;
  readonly #context: PodContext;
  readonly #dir: string;
  readonly #stop = new AbortController();
  #record: ContainerRecord = WAITING;
  #process: ContainerProcess | undefined;
  /** The run that SIGTERM was sent to. */
  #told: ContainerProcess | undefined;
  #adopted: Run | undefined;
  #launch: Launch | undefined;
  #backoff: Backoff | undefined;
  readonly #pull: ImagePull;
  #expectedEndMs = 0;

  #index: LogIndex | undefined;

  constructor(spec: Container, context: PodContext) {
    this.spec = spec;
    this.#context = context;
    this.#dir = makeContainerDir(context.dir, spec.name);
    this.#pull = new ImagePull(spec.image ?? '', {
      waiting: (reason, message) => this.#set(waiting(this.#record, reason, message)),
      event: (type, reason, message) => this.#event(type, reason, message),
    });
  }

  get status(): ContainerStatus {
    return statusOf(this.spec, this.#record);
  }

  /** Where the latest run leaves its log, or the last one that has ended before it; undefined when there was none. */
  logFiles(previous: boolean): RunFiles | undefined {
    const { restarts, state, containerId } = this.#record;
    // While it waits for the next run, the latest is the last that has ended.
    const attempt = previous && state.waiting === undefined ? restarts - 1 : restarts;
    return attempt < 0 || containerId === undefined ? undefined : runFiles(this.#dir, attempt);
  }

  /** The log of the run that goes on, or of one that has ended. */
  logSource(previous: boolean): LogSource | undefined {
    const files = this.logFiles(previous);
    if (files === undefined) return undefined;
    const running = () => (this.alive && this.#index?.files.log === files.log ? this.#index : undefined);
    return { files, alive: () => running() !== undefined, note: () => running()?.note() };
  }

  /** A program of this container runs now. */
  get alive(): boolean {
    return this.#record.state.running !== undefined;
  }

  /** Takes over the run that an earlier pod runner started, if there is one. */
  adopt(): void {
    const known = this.#context.knownStatus(this.spec.name);
    const latest = latestRun(this.#dir);
    if (latest === undefined) {
      if (known?.containerID !== undefined) this.#record = lost(known);
      return;
    }
    this.#record = { ...this.#record, restarts: latest.attempt, last: known?.lastState?.terminated };
    const files = runFiles(this.#dir, latest.attempt);
    this.#adopted = this.#begun(ContainerProcess.adopt(latest.record, files), files);
    // It was ready, as far as anyone knows, and is until a probe says otherwise.
    this.#record = { ...this.#record, ready: known?.ready ?? false, started: known?.started ?? false };
  }

  /**
   * Runs it, again and again as `policy` (Always, OnFailure, Never) has it, until it is stopped or has ended for good.
   * Returns the last exit code, or undefined when it never ran. A run that was adopted goes on.
   */
  async run(policy: string): Promise<number | undefined> {
    let run = this.#adopted ?? (await this.#start());
    while (run !== undefined) {
      const exit = await run.exited;
      run.end();
      this.#ended(exit);
      await pauseUntil(this.#expectedEndMs, this.#stop.signal);
      const again = policy === 'Always' || (policy === 'OnFailure' && exit.code !== 0);
      if (this.#stop.signal.aborted || !again) return exit.code;
      await this.#waitForRestart(exit.atMs);
      if (this.#stop.signal.aborted) return exit.code;
      this.#record = { ...this.#record, restarts: this.#record.restarts + 1 };
      run = await this.#start();
    }
    return this.#record.last?.exitCode;
  }

  /** Ends it: the hook, SIGTERM, and SIGKILL when the grace is over. `run` resolves then. */
  stop(graceMs: number): void {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort();
    if (!this.alive) return;
    this.#event('Normal', 'Killing', `Stopping container ${this.spec.name}`);
    void this.#terminate(graceMs);
  }

  /** It was told to stop, and has less time now: so much from now. */
  shorten(graceMs: number): void {
    const target = this.#process;
    if (target === undefined || !this.#stop.signal.aborted) return;
    const late = setTimeout(() => target.kill(), graceMs);
    void target.exited.then(() => clearTimeout(late));
  }

  /** Sends SIGTERM now: the deletion of the pod is on its way. */
  stopEarly(): void {
    if (this.#stop.signal.aborted || this.spec.lifecycle?.preStop !== undefined) return;
    this.#expectedEndMs = Date.now() + EXPECTED_END_MS;
    this.#tell(this.#process);
  }

  /** Ends it without asking. */
  kill(): void {
    this.#stop.abort();
    this.#process?.kill();
  }

  /** Tries until it runs, or is stopped. */
  async #start(): Promise<Run | undefined> {
    while (!this.#stop.signal.aborted) {
      const image = lookUpImage(this.spec.image ?? '', this.spec.imagePullPolicy, this.#context.images);
      try {
        if ('reason' in image) {
          await this.#pull.failed(image, this.#stop.signal);
          continue;
        }
        const sources = this.#context.sources(this.spec);
        // With nothing to wait for, the process starts in the very turn in which the pod was seen.
        const at = sources instanceof Promise ? await sources : sources;
        if (this.#stop.signal.aborted) return undefined;
        makeOwnFolders(this.#context.dir, this.spec.name);
        return this.#spawn(planLaunch(this.spec, image, this.#context, at));
      } catch (error) {
        if (!(error instanceof ContainerConfigError)) return this.#unstartable(error);
        this.#event('Warning', 'Failed', `Error: ${error.message}`);
        this.#set(waiting(this.#record, 'CreateContainerConfigError', error.message));
        await pause(error.againInMs ?? CONFIG_RETRY_MS, this.#stop.signal);
      }
    }
    return undefined;
  }

  #spawn(launch: Launch): Run {
    const files = runFiles(this.#dir, this.#record.restarts);
    this.#launch = launch;
    removeRun(this.#dir, this.#record.restarts - 2);
    const started = ContainerProcess.start(launch, files);
    const run = this.#begun(started, files);
    this.#pull.succeeded();
    this.#event('Normal', 'Pulled', `Container image "${this.spec.image}" already present on machine`);
    this.#event('Normal', 'Created', `Created container: ${this.spec.name}`);
    this.#event('Normal', 'Started', `Started container ${this.spec.name}`);
    return run;
  }

  #begun(started: ContainerProcess, files: RunFiles): Run {
    const id = `local://${this.#context.facts.pod.metadata?.uid}/${this.spec.name}/${this.#record.restarts}`;
    this.#process = started;
    this.#set(running(this.#record, id, wholeSeconds(started.record.startedAtMs)));
    const index = new LogIndex(files);
    this.#index = index;
    const probes = new Probes(this.spec, this.#probeTarget(), started.record.startedAtMs, {
      changed: (kind, value) => this.#probed(kind, value),
      failed: (kind, output) => this.#event('Warning', 'Unhealthy', `${title(kind)} probe failed: ${output}`),
      dead: (kind) => this.#restartUnhealthy(kind),
    });
    const limits = new LocalLimits(started, this.spec, this.#context);
    const end = (): void => {
      probes[Symbol.dispose]();
      index[Symbol.dispose]();
      limits[Symbol.dispose]();
    };
    return { exited: started.exited.then((exit) => limits.explain(exit)), end };
  }

  #unstartable(error: unknown): Run {
    const message = error instanceof Error ? error.message : String(error);
    const reason = error instanceof StartError ? 'StartError' : 'ContainerCannotRun';
    this.#event('Warning', 'Failed', `Error: ${message}`);
    return {
      exited: Promise.resolve({ code: 128, atMs: Date.now(), known: true, reason, message }),
      end: () => undefined,
    };
  }

  #ended(exit: RunEnd): void {
    const files = this.logFiles(false);
    const logged = terminationMessage(this.spec, exit.code, files);
    this.#process = undefined;
    const advice = exit.code === 0 || files === undefined ? undefined : this.#portAdvice(files);
    const why = exit.message ?? logged;
    this.#set(ended(this.#record, exit, advice === undefined ? why : [why, advice].filter(Boolean).join('\n')));
  }

  #portAdvice(files: RunFiles): string | undefined {
    const advice = portAdvice(lastWords(readLog(files)), this.#context.facts.podIP);
    if (advice !== undefined) this.#event('Warning', 'AddressInUse', advice);
    return advice;
  }

  async #waitForRestart(endedAtMs: number): Promise<void> {
    const { waitMs, next } = afterExit(this.#backoff, endedAtMs);
    this.#backoff = next;
    const { name = '', namespace = '', uid = '' } = this.#context.facts.pod.metadata ?? {};
    const pod = `${name}_${namespace}(${uid})`;
    if (waitMs === 0) return;
    this.#event('Warning', 'BackOff', `Back-off restarting failed container ${this.spec.name} in pod ${pod}`);
    const why = `back-off ${durationText(waitMs)} restarting failed container=${this.spec.name} pod=${pod}`;
    this.#set(backingOff(this.#record, why));
    await pauseUntil(endedAtMs + waitMs, this.#stop.signal);
  }

  #restartUnhealthy(kind: ProbeKind): void {
    const message = `Container ${this.spec.name} failed ${kind} probe, will be restarted`;
    this.#event('Normal', 'Killing', message);
    const { livenessProbe, startupProbe } = this.spec;
    const own = (kind === 'liveness' ? livenessProbe : startupProbe)?.terminationGracePeriodSeconds;
    const seconds = own ?? this.#context.facts.pod.spec?.terminationGracePeriodSeconds ?? 30;
    void this.#terminate(seconds * 1_000);
  }

  async #terminate(graceMs: number): Promise<void> {
    const target = this.#process;
    if (target === undefined) return;
    const late = setTimeout(() => target.kill(), graceMs);
    await runPreStop(this.spec, this.#probeTarget(), graceMs, (message) => {
      this.#event('Warning', 'FailedPreStopHook', message);
    });
    this.#tell(target);
    await target.exited;
    clearTimeout(late);
  }

  /** SIGTERM, once: to many programs a second one means that somebody does not want to wait. */
  #tell(target: ContainerProcess | undefined): void {
    if (target === this.#told) return;
    this.#told = target;
    target?.signal('SIGTERM');
  }

  #probed(kind: 'startup' | 'readiness', value: boolean): void {
    this.#set({ ...this.#record, [kind === 'startup' ? 'started' : 'ready']: value });
  }

  #probeTarget(): ProbeTarget {
    const { facts, cwd } = this.#context;
    return { address: facts.podIP, ports: namedPorts(this.spec), env: this.#launch?.env ?? new Map(), cwd };
  }

  #set(record: ContainerRecord): void {
    this.#record = record;
    this.#context.changed();
  }

  #event(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#context.event({ type, reason, message });
  }
}

const title = (kind: string): string => `${kind.charAt(0).toUpperCase()}${kind.slice(1)}`;

async function pauseUntil(timeMs: number, signal: AbortSignal): Promise<void> {
  const leftMs = timeMs - Date.now();
  if (leftMs > 0) await pause(leftMs, signal);
}
