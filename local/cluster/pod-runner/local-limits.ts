/** What a container of a cluster has around it and a process of this machine has not: a memory limit, ports of its own. */
import type { ContainerProcess } from './container-process.ts';
import type { RunEnd } from './container-record.ts';
import { lookUpImage } from './images.ts';
import { memoryLimit } from './memory-limit.ts';
import { MemoryWatch } from './memory-watch.ts';
import { portByVariable, portMove } from './own-port.ts';
import type { Container, PodContext } from './pod-context.ts';
import { PortRelay } from './port-relay.ts';
import { startedWith } from './proc.ts';

/** Of one run, from its start, or from when it was adopted, to its end. */
export class LocalLimits implements Disposable {
  readonly #memory: MemoryWatch | undefined;
  readonly #relay: PortRelay | undefined;

  constructor(run: ContainerProcess, container: Container, { facts, images }: PodContext) {
    const { pid } = run.record;
    const limitBytes = memoryLimit(container);
    this.#memory = limitBytes === undefined ? undefined : new MemoryWatch(pid, limitBytes, () => run.kill());
    const image = lookUpImage(container.image ?? '', container.imagePullPolicy, images);
    const declared = 'reason' in image ? undefined : portByVariable(container, image);
    // As the process itself has it: one that was adopted was started by another pod runner.
    const move = declared === undefined ? undefined : portMove(declared, startedWith(pid, 'PORT'));
    this.#relay = move === undefined ? undefined : new PortRelay(facts.podIP, move);
  }

  /** How it ended, where its exit code does not tell. */
  explain(exit: RunEnd): RunEnd {
    return this.#memory?.isOver === true ? { ...exit, code: 137, known: true, reason: 'OOMKilled' } : exit;
  }

  [Symbol.dispose](): void {
    this.#memory?.[Symbol.dispose]();
    this.#relay?.[Symbol.dispose]();
  }
}
