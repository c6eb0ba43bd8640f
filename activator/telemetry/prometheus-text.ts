import type { Histogram } from './histogram.ts';

/** The names and texts of one metric. */
export interface MetricFamily {
  name: string;
  type: 'counter' | 'gauge' | 'histogram';
  help: string;
  labels: readonly string[];
}

/**
 * One metric in Prometheus' text format, series by series. Written directly: a function has some sixty of them, and
 * thousands of functions are asked for while requests are served.
 */
export class MetricText {
  readonly #name: string;
  readonly #done: Buffer[] = [];
  #text: string;
  #bounds: readonly number[] = [];
  /** What stands between the labels and the count, for each bound. */
  #boundLabels: readonly string[] = [];

  constructor({ name, type, help }: MetricFamily) {
    this.#name = name;
    this.#text = `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
  }

  /** @param labels `a="b",c="d"`; empty: none. Values are names of Kubernetes objects, or ours: nothing to escape. */
  add(labels: string, value: number): void {
    this.#text += labels === '' ? `${this.#name} ${value}\n` : `${this.#name}{${labels}} ${value}\n`;
  }

  addHistogram(labels: string, histogram: Histogram): void {
    const { bounds, sum, count } = histogram;
    if (this.#bounds !== bounds) {
      this.#bounds = bounds;
      this.#boundLabels = bounds.map((bound) => `le="${bound}"} `);
    }
    const bucket = `${this.#name}_bucket{${labels === '' ? '' : `${labels},`}`;
    const counts = histogram.cumulative();
    let text = '';
    for (let i = 0; i < counts.length; i += 1) text += `${bucket}${this.#boundLabels[i]}${counts[i]}\n`;
    const all = labels === '' ? '' : `{${labels}}`;
    this.#text += `${text}${bucket}le="+Inf"} ${count}\n${this.#name}_sum${all} ${sum}\n${this.#name}_count${all} ${count}\n`;
  }

  /** Turns what was added so far into bytes: a long text made of many small ones is dear to make whole at its end. */
  settle(): void {
    if (this.#text !== '') this.#done.push(Buffer.from(this.#text));
    this.#text = '';
  }

  /** All of it, in order. */
  bytes(): readonly Buffer[] {
    this.settle();
    return this.#done;
  }
}
