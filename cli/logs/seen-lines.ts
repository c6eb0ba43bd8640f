import { ResumePoint } from '#platform/pod-logs/resume-point.ts';
import type { FunctionLine } from './wanted-lines.ts';

/** Which lines have come, over sources that begin again: by container and time. */
export class SeenLines {
  readonly #points = new Map<string, ResumePoint>();

  /** A source begins anew, and may send what has come already. */
  again(): void {
    for (const point of this.#points.values()) point.reopen();
  }

  /** Whether it is new. A notice always is. */
  take({ pod, container, time, line }: FunctionLine): boolean {
    if (line === undefined) return true;
    const key = `${pod}/${container}`;
    const point = this.#points.get(key) ?? new ResumePoint();
    this.#points.set(key, point);
    return point.take(time);
  }
}
