import { isOfRequest } from '#api/kept-log.ts';
import { LABEL } from '#api/names.ts';
import type { KubeClient } from '#platform/kube/client.ts';
import { KubeError } from '#platform/kube/error.ts';
import { PODS, type Pod } from '#platform/kube/resources.ts';
import type { LogSink } from '#platform/pod-logs/container-log.ts';
import { containerStates } from '#platform/pod-logs/container-states.ts';
import { LineSplitter } from '#platform/pod-logs/line-splitter.ts';
import { type LogLine, parseLogLine } from '#platform/pod-logs/log-line.ts';
import { type LogSource, PodLogs } from '#platform/pod-logs/pod-logs.ts';
import { ResumePoint } from '#platform/pod-logs/resume-point.ts';
import { StreamSlots } from '#platform/pod-logs/stream-slots.ts';
import { createLog } from '#platform/process/log.ts';
import { LineQueue } from './line-queue.ts';
import { byTime, type FunctionLine, lastOf, type WantedLines } from './wanted-lines.ts';

interface PodLinesOptions {
  kube: KubeClient;
  wanted: WantedLines;
  signal: AbortSignal;
}

/** Of one container's log. */
const MOST_BYTES = 16 * 1024 * 1024;
const LINE_BYTES = 64 * 1024;
/** Streams that are open at once. */
const MOST_STREAMS = 100;

/** How far each run of a container was read. */
type Points = Map<string, ResumePoint>;

/** The lines of the replicas that are there, from their own logs; to be followed, those of all that come as well. */
export async function* podLines(options: PodLinesOptions): AsyncGenerator<FunctionLine, void, void> {
  const { kube, wanted, signal } = options;
  const labelSelector = `${LABEL.function}=${wanted.name}`;
  const { items } = await kube.listAll<Pod>(PODS, { namespace: wanted.namespace, labelSelector, signal });
  const points: Points = new Map();
  const lines: FunctionLine[] = [];
  for (const pod of items) for await (const line of linesOf(pod, options, points)) lines.push(line);
  yield* lastOf(lines.sort(byTime), wanted.tail);
  if (wanted.follow) yield* followed(options, labelSelector, points);
}

async function* linesOf(pod: Pod, options: PodLinesOptions, points: Points): AsyncGenerator<FunctionLine, void, void> {
  for (const [container, { run, phase }] of containerStates(pod)) {
    if (run > 0) yield* linesOfRun(pod, { container, run: run - 1, previous: true }, options, points);
    if (phase !== 'none') yield* linesOfRun(pod, { container, run, previous: false }, options, points);
  }
}

async function* linesOfRun(
  pod: Pod,
  { container, run, previous }: { container: string; run: number; previous: boolean },
  { kube, wanted, signal }: PodLinesOptions,
  points: Points,
): AsyncGenerator<FunctionLine, void, void> {
  const { namespace, name = '', uid = '', labels = {} } = pod.metadata ?? {};
  const point = new ResumePoint();
  points.set(keyOf(uid, container, run), point);
  const splitter = new LineSplitter(LINE_BYTES);
  const sinceTime = wanted.since === undefined ? {} : { sinceTime: wanted.since };
  const query = {
    container,
    previous,
    timestamps: true,
    limitBytes: MOST_BYTES,
    ...sinceTime,
    ...lastLines(wanted),
    signal,
  };
  try {
    for await (const chunk of kube.podLogStream({ namespace, name }, query)) {
      for (const { text } of splitter.push(chunk)) {
        const line = parseLogLine(text);
        if (line === undefined || !point.take(line.time) || !isWanted(line, wanted)) continue;
        yield lineOf({ pod: name, container, revision: labels[LABEL.revision] ?? '' }, line);
      }
    }
  } catch (error) {
    // Of a container that has none any more, or a pod that went meanwhile.
    if (!(error instanceof KubeError && (error.status === 400 || error.status === 404))) throw error;
  }
}

/** The last one at least, from which it is followed. Which lines are of a request is not known before they are read. */
function lastLines({ tail, request }: WantedLines): { tailLines?: number } {
  return tail === undefined || request !== undefined ? {} : { tailLines: Math.max(1, tail) };
}

async function* followed(
  { kube, wanted, signal }: PodLinesOptions,
  labelSelector: string,
  points: Points,
): AsyncGenerator<FunctionLine, void, void> {
  const queue = new LineQueue<FunctionLine>(signal);
  const sinkOf = ({ pod, container, labels }: LogSource): LogSink => ({
    line(line) {
      if (isWanted(line, wanted)) queue.put(lineOf({ pod, container, revision: labels[LABEL.revision] ?? '' }, line));
    },
    paceMs: () => queue.paceMs,
  });
  await using _logs = new PodLogs({
    kube,
    log: createLog({ service: 'catnap-cli', level: 'silent' }),
    namespaces: [wanted.namespace],
    labelSelector,
    slots: new StreamSlots(MOST_STREAMS),
    sinkOf,
    resume: ({ podUid, container }, run) => points.get(keyOf(podUid, container, run)),
  });
  yield* queue;
}

function keyOf(uid: string, container: string, run: number): string {
  return `${uid}/${container}/${run}`;
}

function isWanted({ time, text }: LogLine, { since, request }: WantedLines): boolean {
  if (since !== undefined && time < since.replace('Z', '000000Z')) return false;
  return request === undefined || isOfRequest(text, request);
}

function lineOf(of: { pod: string; container: string; revision: string }, { time, text }: LogLine): FunctionLine {
  return { time, ...of, line: text };
}
