/** For tests: starts that share the processors of nodes, in steps of a millisecond; the same seed gives the same times. */

export interface Hardware {
  nodes: number;
  coresPerNode: number;
  /** Of a start: what needs a processor, and what only takes its time. */
  startCpuMs: number;
  startIdleMs: number;
  /** From the wish for a replica until its start begins. */
  orderMs: number;
}

/** One start, and what is left of it. */
export interface SimulatedStart {
  node: number;
  idleLeftMs: number;
  cpuLeftMs: number;
}

export class SimulatedStarts {
  readonly #hardware: Hardware;
  readonly #random: () => number;

  constructor(hardware: Hardware, random: () => number) {
    this.#hardware = hardware;
    this.#random = random;
  }

  /** @param n how many were ordered before: nodes get them in turn. */
  order(n: number): SimulatedStart {
    const { nodes, startCpuMs, startIdleMs, orderMs } = this.#hardware;
    const noise = () => 0.85 + 0.3 * this.#random();
    return { node: n % nodes, idleLeftMs: orderMs + startIdleMs * noise(), cpuLeftMs: startCpuMs * noise() };
  }

  /** A millisecond passes for those that are under way. Returns those that have come to their end. */
  step<S extends SimulatedStart>(underWay: readonly S[]): S[] {
    const { nodes, coresPerNode } = this.#hardware;
    const busy = new Array<number>(nodes).fill(0);
    for (const { node, idleLeftMs } of underWay) if (idleLeftMs <= 0) busy[node] = (busy[node] ?? 0) + 1;
    for (const one of underWay) {
      if (one.idleLeftMs > 0) one.idleLeftMs -= 1;
      else one.cpuLeftMs -= Math.min(1, coresPerNode / (busy[one.node] ?? 1));
    }
    return underWay.filter(({ idleLeftMs, cpuLeftMs }) => idleLeftMs <= 0 && cpuLeftMs <= 0);
  }
}
