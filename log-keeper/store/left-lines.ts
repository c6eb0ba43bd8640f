import { ResumePoint } from '#platform/pod-logs/resume-point.ts';
import type { FunctionLog } from './function-log.ts';
import { sourceKey } from './segment.ts';

/** What an earlier process has left of a function's log. */
export interface LeftLines {
  /** How far each run was read, by `sourceKey`. */
  points: Map<string, ResumePoint>;
  /** Lines from before were read, and dropped to make room; undefined: none were. */
  cutAt: string | undefined;
}

/** @param now what a node whose clock is ahead has written puts no later lines off */
export function leftIn(log: FunctionLog, now: string): LeftLines {
  const points = new Map<string, ResumePoint>();
  let oldest: string | undefined;
  for (const { source, time, kind } of log.readAll()) {
    if (kind === 'notice') continue;
    oldest ??= time < now ? time : now;
    const key = sourceKey(source);
    const point = points.get(key) ?? new ResumePoint();
    points.set(key, point);
    point.take(time);
  }
  return { points, cutAt: log.wasCut ? oldest : undefined };
}
