/** The terminal of `make run`: a line for each request, and what functions write. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FileFollower } from './file-follower.ts';
import { containerLine, dispatcherLine, gatewayLine, type Shown, type Style } from './log-lines.ts';

const LOOK_MS = 100;
/** The gateway's log has a line for each request here, so it is cut. */
const GATEWAY_LOG_BYTES = 64 * 2 ** 20;

interface TerminalOptions {
  gatewayLog: string;
  dispatcherLog: string;
  /** Folder in which the pod runner keeps its pods. */
  podsDir: string;
  colour: boolean;
  say: (line: string) => void;
  /** What is shown of a line that a container has written; default: see containerLine. */
  container?: (text: string, pod: PodName) => Shown;
}

interface PodName {
  name: string;
  namespace: string;
}

export class Terminal implements Disposable {
  readonly #options: TerminalOptions;
  readonly #style: Style;
  readonly #gateway: FileFollower;
  readonly #dispatcher: FileFollower;
  readonly #timer: NodeJS.Timeout;
  /** By path of the log: of the runs of containers. */
  #runs = new Map<string, FileFollower>();

  /** Shows what is written from now on. */
  constructor(options: TerminalOptions) {
    this.#options = options;
    this.#style = { colour: options.colour };
    this.#gateway = new FileFollower(options.gatewayLog, {
      ...this.#to((text) => gatewayLine(text, this.#style)),
      cutAtBytes: GATEWAY_LOG_BYTES,
    });
    const dispatcher = this.#to((text) => dispatcherLine(text, this.#style));
    this.#dispatcher = new FileFollower(options.dispatcherLog, dispatcher);
    this.#findRuns();
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  /** Shows what has not been shown yet. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#look();
  }

  #look(): void {
    // A run that began since the last look is shown from its beginning.
    this.#findRuns(0);
    for (const run of this.#runs.values()) run.look();
    this.#gateway.look();
    this.#dispatcher.look();
  }

  #follow(path: string, pod: PodName, from?: number): FileFollower {
    const { container } = this.#options;
    return new FileFollower(
      path,
      this.#to((text) =>
        container === undefined ? containerLine(text, pod, Date.now(), this.#style) : container(text, pod),
      ),
      from,
    );
  }

  #to(shown: (text: string) => Shown) {
    const { say } = this.#options;
    return {
      line: (text: string) => {
        const line = shown(text);
        if (line !== undefined) say(line);
      },
      skipped: (bytes: number) => say(`… ${Math.ceil(bytes / 1_024)} KiB of log not shown; all of it: kubectl logs`),
    };
  }

  /**
   * Those whose files are gone are forgotten.
   * @param from byte at which new ones begin; default: what is there now is left out
   */
  #findRuns(from?: number): void {
    const found = new Map<string, FileFollower>();
    for (const uid of namesIn(this.#options.podsDir)) {
      const containers = join(this.#options.podsDir, uid, 'containers');
      const logs = namesIn(containers).flatMap((name) => {
        const files = namesIn(join(containers, name)).filter((file) => file.endsWith('.log'));
        return files.map((file) => join(containers, name, file));
      });
      for (const path of logs) found.set(path, this.#runs.get(path) ?? this.#follow(path, this.#nameOf(uid), from));
    }
    this.#runs = found;
  }

  #nameOf(uid: string): PodName {
    try {
      return JSON.parse(readFileSync(join(this.#options.podsDir, uid, 'pod.json'), 'utf8')) as PodName;
    } catch {
      return { name: uid, namespace: '-' }; // the pod is being removed
    }
  }
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    return []; // gone between two looks, or not there yet
  }
}
