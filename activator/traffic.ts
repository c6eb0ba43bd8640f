import { canTakeOver } from '#api/rules/takeover.ts';
import type { Clock } from '#platform/time/clock.ts';
import type { Summary } from './access-log.ts';
import { chooseRevision } from './choose-revision.ts';
import type { StartSample } from './cold-start/learning.ts';
import { Waves } from './cold-start/waves.ts';
import type { ColdStarts } from './cold-starts.ts';
import { FunctionCounters } from './counters.ts';
import { type Failure, noSuchFunction } from './failure.ts';
import { type FunctionView, sameFailure } from './function-view.ts';
import { Gate, type Visitor, type Waiting } from './gate.ts';
import type { BacklogHint } from './peers/messages.ts';
import { type Prospects, whyNotAlso, whyNotWait } from './prospects.ts';
import type { Refusals } from './refusals.ts';
import type { Replica } from './replica.ts';
import type { Replicas } from './replicas.ts';
import { FunctionShare, type ProcessShare } from './share.ts';
import { StartRetries } from './start-retries.ts';
import type { Suspect } from './stuck-replicas.ts';
import { NOTHING_FOUND, type Survey, survey } from './survey.ts';
import { nameSilence } from './turned-away.ts';
import type { Wake } from './wake.ts';

export interface TrafficParts {
  clock: Clock;
  replicas: Replicas;
  wake: Wake;
  /** What the process holds for all functions. */
  share: ProcessShare;
  refusals: Refusals;
  coldStarts: ColdStarts;
  /** Other gateways are to know how much waits here. */
  tellBacklog: (hint: BacklogHint) => void;
}

/** Why a replica has not begun with a request: it has as many as it may, or it cannot take any now. */
export type Untouched = 'full' | 'unready';

/** All requests of one function: which revision they go to, who waits, what is woken, what is counted. */
export class Traffic implements Disposable {
  readonly #parts: TrafficParts;
  /** Undefined until the first request: most functions sleep, and there may be thousands. */
  #made: Gate<Replica> | undefined;
  /** What is held for it of the process' memory. */
  readonly share: FunctionShare;
  /** Undefined until there is something to count: most functions sleep. */
  #counters: FunctionCounters | undefined;
  #view: FunctionView;
  /** The revision that requests go to, and how it stood at the last look. */
  #chosen: string | undefined;
  #found: Survey = NOTHING_FOUND;
  /** Undefined until there is something to plan or to learn. */
  #waves: Waves | undefined;
  /** The wake under way; undefined while nothing waits. */
  #woken: string | undefined;
  /** The revision that this activator last saw answer. */
  #answeredBefore: string | undefined;
  /** Undefined until a start fails. */
  #failing: StartRetries | undefined;
  /** When this activator first saw the status' present failure of the newest revision. */
  #failureSeenAtMs = Number.NEGATIVE_INFINITY;
  /** Since when the newest revision is being woken without an answer. */
  #wakingSinceMs: number | undefined;
  #cancelLook: (() => void) | undefined;
  #refreshing = false;
  #stale = false;

  constructor(view: FunctionView, parts: TrafficParts) {
    this.#view = view;
    this.#parts = parts;
    this.#heed(view, Date.now() - (view.failedStart?.lastMs ?? 0));
    this.share = new FunctionShare(parts.share);
    this.refresh();
  }

  get view(): FunctionView {
    return this.#view;
  }
  get waiting(): number {
    return this.#made?.waiting ?? 0;
  }
  get inFlight(): number {
    return this.#made?.inFlight ?? 0;
  }
  get requests(): number {
    return this.#made?.requests ?? 0;
  }
  /** Replicas in the rotation. */
  get answering(): number {
    return this.#found.answering.length;
  }
  /** Pods of the revision that requests go to, answering or not. */
  get pods(): number {
    return this.#found.pods;
  }
  /** The revision that requests go to; undefined: there is none yet. */
  get chosen(): string | undefined {
    return this.#chosen;
  }
  concurrencySeconds(): number {
    return this.#made?.concurrencySeconds() ?? 0;
  }

  enter(visitor: Visitor<Replica>): Waiting<Replica> | undefined {
    const isRetried = this.#view.latestFailure !== undefined && this.waiting > 0;
    const failure = isRetried ? whyNotAlso(this.#prospects()) : undefined;
    if (failure === undefined) return this.#gate.enter(visitor);
    this.#gate.turnAway(visitor, failure);
    return undefined;
  }

  leave(place: Waiting<Replica>): void {
    this.#gate.leave(place);
  }

  finish(replica: Replica): void {
    this.#gate.finish(replica);
  }

  /** The replica has not begun with the request, so another may have it: it waits again, first in line. */
  giveBack(visitor: Visitor<Replica>, replica: Replica, why: Untouched): Waiting<Replica> | undefined {
    // One that is full does answer.
    if (why !== 'full') this.#parts.replicas.suspend(this.#view.key, replica);
    return this.#gate.giveBack(visitor, replica, why === 'full');
  }

  /** It has begun to answer a request. */
  answered(replica: Replica): void {
    if (replica.failures > 0 || replica.onTrial) this.#parts.replicas.trust(this.#view.key, replica);
  }

  /** It did not answer in time, or broke off: it gets no more requests until it has shown that it still can. @param suspect what took too long */
  doubt(replica: Replica, suspect?: Suspect): void {
    this.#parts.replicas.suspend(this.#view.key, replica, suspect);
  }

  refuseWaiting(failure: Failure): void {
    this.#made?.refuseAll(failure);
  }

  get learned(): Pick<Waves, 'startMs' | 'requestMs'> | undefined {
    return this.#waves;
  }

  get counters(): FunctionCounters | undefined {
    return this.#counters;
  }

  /** One of its requests is over. */
  finished(summary: Summary): void {
    this.#counting().finished(summary);
    if (summary.status > 0 && summary.code === undefined) this.#planning().served(summary.functionMs);
  }

  /** One of its replicas was seen to start. */
  started(sample: StartSample): void {
    this.#planning().started(sample);
  }

  /** How much of its waits at another gateway. False: nothing waits here. */
  followBacklog(hint: BacklogHint): boolean {
    if (this.waiting === 0) return false;
    this.#planning().take(hint);
    this.#serveWaiting();
    return true;
  }

  update(view: FunctionView): void {
    const before = this.#view;
    this.#view = view;
    if (view.latest !== before.latest) this.#wakingSinceMs = undefined;
    if (view.latest !== before.latest || !sameFailure(view, before)) {
      this.#failureSeenAtMs = this.#parts.clock.nowMs();
    }
    if (view.latestFailure === undefined && before.latestFailure !== undefined) this.#wakingSinceMs = undefined;
    this.#heed(view, 0);
    this.#made?.setLimits(view.limits);
    this.#counters?.keepRevisions([view.latest, view.serving]);
    this.#waves?.remember(view.learned);
    this.refresh();
  }

  /** Looks at the function's pods and its status anew: to be called at each change of either. */
  refresh(): void {
    this.#stale = true;
    // Answering a request may bring about the next change before this one is dealt with.
    if (this.#refreshing) return;
    this.#refreshing = true;
    try {
      while (this.#stale) {
        this.#stale = false;
        this.#choose();
        if (this.waiting > 0) this.#serveWaiting();
      }
    } finally {
      this.#refreshing = false;
    }
  }

  /** The function is gone. */
  [Symbol.dispose](): void {
    this.#cancelLook?.();
    this.#waves?.[Symbol.dispose]();
    this.#gate.close(noSuchFunction(this.#view.key));
  }

  /** @param ageMs how old the failure is that the status tells of. */
  #heed({ latest, failedStart }: FunctionView, ageMs: number): void {
    if (failedStart === undefined && this.#failing === undefined) return;
    this.#failing ??= new StartRetries();
    this.#failing.told(latest, failedStart, { nowMs: this.#parts.clock.nowMs(), ageMs });
  }

  get #gate(): Gate<Replica> {
    if (this.#made !== undefined) return this.#made;
    const { clock, refusals } = this.#parts;
    this.#made = new Gate<Replica>(this.#view.limits, {
      clock,
      share: this.share,
      hooks: {
        waiting: () => this.#someoneWaits(),
        noneWaiting: () => {
          this.#wakingSinceMs = undefined;
          this.#nobodyWaits();
        },
        refuse: (visitor, failure) =>
          refusals.refuse(visitor, nameSilence(failure, this.#found, this.#view.latestFailure)),
      },
    });
    this.#made.setReplicas(this.#found.answering);
    return this.#made;
  }

  #someoneWaits(): void {
    if (!this.#refreshing) this.#serveWaiting();
  }

  #nobodyWaits(): void {
    this.#waves?.rest();
    if (this.#woken === undefined) return;
    this.#parts.wake.enough({ namespace: this.#view.namespace, revision: this.#woken });
    this.#woken = undefined;
  }

  #survey(revision: string | undefined): Survey {
    const { replicas, clock } = this.#parts;
    return survey(replicas.of(this.#view.key), revision, clock.nowMs());
  }

  /** Sets the revision, and so the replicas, that requests go to. */
  #choose(): void {
    const { latest, serving, maxReplicas } = this.#view;
    const nowMs = this.#parts.clock.nowMs();
    const ofLatest = this.#survey(latest);
    const ofServing = latest === serving ? ofLatest : this.#survey(serving);
    this.#noteStart(ofLatest, nowMs);
    const dueAtMs = this.#failing?.dueAtMs(this.#hasFallback);
    const isDue = dueAtMs !== undefined && dueAtMs <= nowMs && ofLatest.failure === undefined;
    this.#chosen = chooseRevision({
      latest,
      serving,
      latestCanTakeOver: canTakeOver({
        answering: ofLatest.answering.length,
        servingAnswering: ofServing.answering.length,
        maxReplicas,
      }),
      latestFailed: this.#failing?.hasFailed === true && !isDue,
      servingHasPods: latest !== serving && ofServing.pods > 0,
    });
    this.#found = this.#chosen === latest ? ofLatest : ofServing;
    if (this.#found.answering.length > 0) {
      this.#answersAgain();
      this.#answeredBefore = this.#chosen;
    }
    this.#made?.setReplicas(this.#found.answering);
    const due = this.#hasFallback && dueAtMs !== undefined && dueAtMs > nowMs ? dueAtMs : Number.POSITIVE_INFINITY;
    const next = Math.min(this.#found.lookAgainAtMs ?? ofLatest.lookAgainAtMs ?? due, due);
    this.#lookAgainAt(Number.isFinite(next) ? next : undefined);
  }

  /** What the newest revision's pods say of its start. */
  #noteStart({ answering, failure }: Survey, nowMs: number): void {
    if (answering.length > 0) this.#failing?.answered();
    else if (failure === undefined) this.#failing?.saw(undefined, nowMs);
    else {
      if (this.#failing === undefined) {
        this.#failing = new StartRetries();
        this.#failing.told(this.#view.latest, undefined, { nowMs, ageMs: 0 });
      }
      this.#failing.saw(failure.reason, nowMs);
    }
  }

  #answersAgain(): void {
    const waitingAtMs = this.#made?.waitingSinceMs;
    const [replica] = this.#found.answering;
    if (this.#wakingSinceMs !== undefined && waitingAtMs !== undefined && replica !== undefined) {
      this.#noteColdStart(waitingAtMs, replica);
    }
    this.#wakingSinceMs = undefined;
  }

  #noteColdStart(waitingAtMs: number, { revision, seen }: Replica): void {
    const { clock, wake } = this.#parts;
    const answeredAtMs = clock.nowMs();
    const scaledAtMs = wake.raisedAtMs({ namespace: this.#view.namespace, revision });
    this.#counting().coldStarted({ ...seen, waitingAtMs, scaledAtMs, answeredAtMs });
  }

  #counting(): FunctionCounters {
    this.#counters ??= new FunctionCounters(this.#parts.coldStarts);
    return this.#counters;
  }

  #planning(): Waves {
    if (this.#waves === undefined) {
      const { clock, wake, replicas, tellBacklog } = this.#parts;
      const look = () => {
        if (this.waiting > 0) this.#serveWaiting();
      };
      this.#waves = new Waves({ clock, wake, starts: replicas.starts, tell: tellBacklog, look });
      this.#waves.remember(this.#view.learned);
    }
    return this.#waves;
  }

  #lookAgainAt(atMs: number | undefined): void {
    this.#cancelLook?.();
    this.#cancelLook = undefined;
    if (atMs === undefined) return;
    const { clock } = this.#parts;
    this.#cancelLook = clock.after(Math.max(0, atMs - clock.nowMs()), () => this.refresh());
  }

  /** Wakes what they wait for, or sends them away when it cannot come. */
  #serveWaiting(): void {
    const failure = whyNotWait(this.#prospects());
    if (failure !== undefined) this.#gate.refuseAll(failure);
    else if (this.#chosen !== undefined) this.#wake(this.#chosen);
  }

  get #hasFallback(): boolean {
    return this.#view.serving !== undefined && this.#view.serving !== this.#view.latest;
  }

  /** What decides whether a request may wait for a start. */
  #prospects(): Prospects {
    const { latest } = this.#view;
    return {
      view: this.#view,
      found: this.#found,
      isLatest: this.#chosen === latest,
      // The status may not know of it: kubelet's word that a pod is ready comes up to a second later.
      hasAnswered: this.#found.answered || this.#answeredBefore === latest,
      wakingSinceMs: this.#wakingSinceMs,
      failureSeenAtMs: this.#failureSeenAtMs,
      dueAtMs: this.#failing?.dueAtMs(this.#hasFallback),
      nowMs: this.#parts.clock.nowMs(),
    };
  }

  #wake(revision: string): void {
    const { key, namespace, perReplica, maxReplicas } = this.#view;
    const { clock, wake } = this.#parts;
    if (this.#found.answering.length === 0) this.#wakingSinceMs ??= clock.nowMs();
    if (this.#woken !== revision) this.#nobodyWaits();
    this.#woken = revision;
    const ref = { namespace, revision };
    const scene = { key, ref, demand: this.#gate, found: this.#found, perReplica, maxReplicas };
    const need = this.#planning().want(scene);
    if (need !== undefined) wake.raise(ref, need, this.#found.pods === 0);
  }
}
