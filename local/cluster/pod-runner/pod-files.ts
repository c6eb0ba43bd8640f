/** What the pod runner keeps on disk of each pod, to know its own again after a restart. */
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { latestRun, type RunRecord, textOf } from './container-files.ts';

export interface PodRecord {
  namespace: string;
  name: string;
  uid: string;
  address: string;
}

export class PodFiles {
  readonly #root: string;

  constructor(dataDir: string) {
    this.#root = join(dataDir, 'pods');
    mkdirSync(this.#root, { recursive: true });
  }

  dir(uid: string): string {
    return join(this.#root, uid);
  }

  /** Written before anything is started. */
  add(record: PodRecord): string {
    const dir = this.dir(record.uid);
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, 'pod.json'), JSON.stringify(record));
    return dir;
  }

  remove(uid: string): void {
    rmSync(this.dir(uid), { recursive: true, force: true });
  }

  /** Pods of earlier pod runners. */
  list(): PodRecord[] {
    return readdirSync(this.#root).flatMap((uid) => {
      const text = textOf(join(this.dir(uid), 'pod.json'));
      return text === undefined ? [] : [JSON.parse(text) as PodRecord];
    });
  }

  /**
   * Writes the records that an earlier pod runner did not come to write: it was killed right after a start.
   * @param running processes by the file in which they will leave their exit code
   */
  completeRuns(running: ReadonlyMap<string, RunRecord>): void {
    for (const [exit, record] of running) {
      const file = exit.replace(/\.exit$/, '.json');
      if (file.startsWith(`${this.#root}/`) && existsSync(dirname(file)) && !existsSync(file)) {
        writeFileSync(file, JSON.stringify(record));
      }
    }
  }

  /** The latest run of each container. */
  runs(uid: string): RunRecord[] {
    const containers = join(this.dir(uid), 'containers');
    return namesIn(containers).flatMap((name) => latestRun(join(containers, name))?.record ?? []);
  }
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    return []; // none was started
  }
}
