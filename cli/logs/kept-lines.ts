import { type KeptLine, keptLogPath, LOGS_PORT_NAME, LOGS_SERVICE } from '#api/kept-log.ts';
import { CALLER_TOKEN_HEADER } from '#api/names.ts';
import type { KubeClient } from '#platform/kube/client.ts';
import { KubeError } from '#platform/kube/error.ts';
import { LineDecoder } from '#platform/kube/line-decoder.ts';
import { backoffMs } from '#platform/time/backoff.ts';
import { pause } from '#platform/time/deadline.ts';
import { isAbsent, refusal } from '../cluster/service-refusal.ts';
import { SeenLines } from './seen-lines.ts';
import type { FunctionLine, WantedLines } from './wanted-lines.ts';

export interface KeeperOptions {
  kube: Pick<KubeClient, 'serviceProxy'>;
  systemNamespace: string;
  /** Name of the keeper's Service; default: of a release called catnap. */
  service?: string | undefined;
  wanted: WantedLines;
  /** Of who asks; asked anew for each request. */
  token: () => Promise<string>;
  signal: AbortSignal;
  note: (text: string) => void;
}

/** There is no log keeper here, or this caller cannot reach it. */
export class NoKeeper extends Error {
  override readonly name = 'NoKeeper';
}

const RETRY = { baseMs: 250, maxMs: 5_000 };
const FIRST_BYTE_MS = 20_000;
/** Tries of a question that is not followed. */
const MOST_TRIES = 4;

/**
 * The function's lines from the log keeper, by way of the API server. A stream that is cut, by the keeper's own restart too, goes
 * on after the last line that came. Throws NoKeeper before the first line where there is none to ask.
 */
export async function* keptLines(options: KeeperOptions): AsyncGenerator<FunctionLine, void, void> {
  const { wanted, signal } = options;
  const seen = new SeenLines();
  const tries = new Tries(options);
  let after: string | undefined;
  while (!signal.aborted) {
    seen.again();
    try {
      for await (const { id, ...line } of once(options, after)) {
        tries.succeeded();
        after = id;
        if (seen.take(line)) yield line;
      }
      if (!wanted.follow) return;
    } catch (error) {
      if (signal.aborted) return;
      tries.failed(error, after !== undefined);
    }
    await tries.pause();
  }
}

/** When a question is asked again, and whether. */
class Tries {
  readonly #options: KeeperOptions;
  #failures = 0;

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  succeeded(): void {
    this.#failures = 0;
  }

  /** Throws `error` where it is for good: what is followed is asked for again without end, once a line has come. */
  failed(error: unknown, hadLines: boolean): void {
    const { wanted, note } = this.#options;
    this.#failures += 1;
    const isOver = this.#failures === MOST_TRIES && !(wanted.follow && hadLines);
    if (!mayPass(error) || isOver) throw error;
    if (this.#failures === 1) note('the log keeper is not reached; trying again');
  }

  async pause(): Promise<void> {
    await pause(backoffMs(this.#failures + 1, RETRY, Math.random()), this.#options.signal);
  }
}

async function* once(options: KeeperOptions, after: string | undefined): AsyncGenerator<KeptLine, void, void> {
  const { kube, systemNamespace, wanted, signal, service = LOGS_SERVICE } = options;
  const { since, request, follow, tail } = wanted;
  const query = new URLSearchParams({
    ...(since !== undefined && { since }),
    ...(request !== undefined && { request }),
    ...(follow && { follow: 'true' }),
    ...(after === undefined && tail !== undefined && { limit: String(tail) }),
    ...(after !== undefined && { after }),
  });
  const answer = await kube
    .serviceProxy({
      namespace: systemNamespace,
      service: `http:${service}:${LOGS_PORT_NAME}`,
      method: 'GET',
      path: `${keptLogPath(wanted)}?${query}`,
      headers: { [CALLER_TOKEN_HEADER]: `Bearer ${await options.token()}` },
      signal,
      firstByteMs: FIRST_BYTE_MS,
    })
    .catch((error: unknown) => {
      if (after === undefined && isAbsent(error)) throw new NoKeeper(whyAbsent(error), { cause: error });
      throw error;
    });
  if (answer.status !== 200) throw await refusal('the log keeper', answer);
  const decoder = new LineDecoder();
  for await (const chunk of answer.body) for (const line of decoder.push(chunk)) yield JSON.parse(line) as KeptLine;
}

function whyAbsent({ status }: KubeError): string {
  if (status === 403) return 'there is no log keeper that this account may ask';
  return status === 404 ? 'no log keeper is installed' : 'the log keeper does not run';
}

/** It may be otherwise in a moment. */
function mayPass(error: unknown): boolean {
  return error instanceof KubeError && (error.status === 0 || error.status >= 500 || error.status === 429);
}
