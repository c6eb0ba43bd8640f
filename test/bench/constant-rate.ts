import { connect, type Socket } from 'node:net';

const HEAD_END = '\r\n\r\n';

export interface RateTarget {
  name: string;
  host: string;
  port: number;
  /** Host header. */
  authority: string;
  /** Further ones. */
  headers?: Readonly<Record<string, string>>;
  /** Posted; absent: it is a GET. */
  body?: string;
  /** Of the answers that are none of the errors; default 200. */
  status?: number;
}

export interface RatePlan {
  targets: readonly RateTarget[];
  /** Requests to a target while it has its turn. */
  perSecond: number;
  /** To each target; they take turns. */
  connections: number;
  /** How long a target has its turn. */
  sliceSeconds: number;
  /** Turns of each target whose figures are thrown away. */
  warmUp: number;
  /** Turns of each target that count. */
  slices: number;
}

export interface RateResult {
  /** Milliseconds from when a request was due to the last byte of its answer; for each turn a list. */
  ms: number[][];
  /** Answers of another status. */
  errors: number;
}

/**
 * Asks at a constant rate, whether answers come or not: one that comes late does not spare its server the next request.
 * The targets take turns, so that what disturbs the machine disturbs all alike.
 */
export async function atConstantRate(plan: RatePlan): Promise<Record<string, RateResult>> {
  const asked = await Promise.all(plan.targets.map((target) => Asked.open(target, plan.connections)));
  for (let slice = -plan.warmUp; slice < plan.slices; slice++) {
    for (const one of asked) {
      const ms = await oneTurn(one, plan);
      if (slice >= 0) one.result.ms.push(ms);
    }
  }
  for (const one of asked) one.close();
  return Object.fromEntries(asked.map(({ name, result }) => [name, result]));
}

/** Resolves with the times of all requests that were due in it, once they are answered. */
function oneTurn(asked: Asked, { perSecond, sliceSeconds }: RatePlan): Promise<number[]> {
  const count = Math.round(perSecond * sliceSeconds);
  const everyMs = 1000 / perSecond;
  const { promise, resolve, reject } = Promise.withResolvers<number[]>();
  const ms: number[] = [];
  const startedAtMs = performance.now();
  let sent = 0;
  const answered = (error: Error | undefined, tookMs: number) => {
    if (error !== undefined) return reject(error);
    ms.push(tookMs);
    if (ms.length === count) resolve(ms);
  };
  const send = () => {
    // A timer comes up to a millisecond late: that is ours, so a request is due when its timer has come.
    const nowMs = performance.now();
    while (sent < count && startedAtMs + sent * everyMs <= nowMs) {
      asked.ask(sent, nowMs, answered);
      sent += 1;
    }
    if (sent < count) setTimeout(send, Math.max(0, startedAtMs + sent * everyMs - performance.now()));
  };
  send();
  return promise;
}

type Answered = (error: Error | undefined, ms: number) => void;

/** A target and the connections to it. */
class Asked {
  readonly name: string;
  readonly result: RateResult = { ms: [], errors: 0 };
  readonly #status: number;
  readonly #lines: Line[];

  static async open(target: RateTarget, connections: number): Promise<Asked> {
    const lines = Array.from({ length: connections }, () => Line.open(target, requestTo(target)));
    return new Asked(target, await Promise.all(lines));
  }

  private constructor({ name, status = 200 }: RateTarget, lines: Line[]) {
    this.name = name;
    this.#status = status;
    this.#lines = lines;
  }

  /** @param dueAtMs on performance.now()'s clock */
  ask(turn: number, dueAtMs: number, answered: Answered): void {
    this.#lines[turn % this.#lines.length]?.ask(dueAtMs, (error, ms, status) => {
      if (status !== this.#status) this.result.errors += 1;
      answered(error, ms);
    });
  }

  close(): void {
    for (const line of this.#lines) line.close();
  }
}

/** All of it, in ASCII. */
export function requestTo({ authority, headers = {}, body }: Omit<RateTarget, 'name'>): string {
  const fields = { Host: authority, 'User-Agent': 'bench', Accept: '*/*', ...headers };
  const length = body === undefined ? [] : [`Content-Length: ${body.length}`];
  const lines = [...Object.entries(fields).map(([name, value]) => `${name}: ${value}`), ...length];
  return `${body === undefined ? 'GET' : 'POST'} / HTTP/1.1\r\n${lines.join('\r\n')}${HEAD_END}${body ?? ''}`;
}

interface Due {
  atMs: number;
  answered: (error: Error | undefined, ms: number, status: number) => void;
}

/** A connection that carries one request at a time; more wait. */
class Line {
  readonly #socket: Socket;
  readonly #request: string;
  readonly #due: Due[] = [];
  #received = '';

  static open({ host, port }: RateTarget, request: string): Promise<Line> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port, noDelay: true });
      socket.once('error', reject).once('connect', () => resolve(new Line(socket, request)));
    });
  }

  private constructor(socket: Socket, request: string) {
    this.#socket = socket;
    this.#request = request;
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => this.#take(text));
    socket.on('close', () => this.#due.shift()?.answered(new Error('the connection broke'), Number.NaN, 0));
  }

  ask(atMs: number, answered: Due['answered']): void {
    if (this.#due.push({ atMs, answered }) === 1) this.#socket.write(this.#request, 'latin1');
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(text: string): void {
    const nowMs = performance.now();
    this.#received += text;
    const answer = wholeAnswer(this.#received);
    if (answer === undefined) return;
    this.#received = '';
    const due = this.#due.shift();
    if (this.#due.length > 0) this.#socket.write(this.#request, 'latin1');
    due?.answered(undefined, nowMs - due.atMs, answer.status);
  }
}

/** The status of an answer with a Content-Length, once all of it is there. */
export function wholeAnswer(received: string): { status: number } | undefined {
  const end = received.indexOf(HEAD_END);
  if (end === -1) return undefined;
  const length = Number(/\r\ncontent-length: *(\d+)/i.exec(received.slice(0, end))?.[1]);
  if (Number.isNaN(length)) throw new Error(`an answer without its length: ${received.slice(0, end)}`);
  if (received.length < end + HEAD_END.length + length) return undefined;
  return { status: Number(received.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length)) };
}
