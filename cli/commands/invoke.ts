import { Readable } from 'node:stream';
import { HEADER } from '#api/names.ts';
import type { ServiceAnswer } from '#platform/kube/service-proxy.ts';
import type { CommandContext } from '../command-line/command-context.ts';
import { CommandError } from '../command-line/command-error.ts';
import { EXIT } from '../command-line/exit-codes.ts';
import { acceptedIn, bodyOf, endOf, forLater, questionAbout } from '../invoke/accepted.ts';
import { headText, statusText, timingLines } from '../invoke/answer-text.ts';
import { type Invocation, invocationOf } from '../invoke/invocation.ts';
import { requestBody } from '../invoke/request-body.ts';
import { type Way, wayOf } from './gateway-way.ts';

export interface InvokeOptions {
  /** As the line names it. */
  namespace?: string;
  request?: string;
  header?: string[];
  data?: string;
  url?: boolean;
  include?: boolean;
  verbose?: boolean;
  fail?: boolean;
  /** To be accepted, and delivered later. */
  async?: boolean;
  /** The same, until it has ended. */
  wait?: boolean;
  /** Seconds until the answer has to begin. */
  timeout: number;
}

/** A question how something goes waits for news. */
const QUESTION_MS = 60_000;
const NOT_LATER = 'the function answered itself: it has no spec.async, or no dispatcher is installed';
/** A script takes standard output for the id. */
const NO_ID = `there is no id: ${NOT_LATER}; its answer is not shown`;

/** `catnap invoke`. */
export async function invoke(
  context: CommandContext,
  asked: { name: string; path: string | undefined },
  options: InvokeOptions,
): Promise<void> {
  const invocation = invocationOf({
    path: asked.path,
    method: options.request,
    headers: options.header ?? [],
    hasBody: options.data !== undefined,
  });
  const isLater = options.async === true || options.wait === true;
  if (isLater) invocation.headers = forLater(invocation.headers);
  const body = options.data === undefined ? undefined : await requestBody(options.data, context.cwd, context.input);
  if (body !== undefined) invocation.headers['content-type'] ??= [body.contentType];
  const beganMs = performance.now();
  // What of the answer is not shown is not waited for either: it may have no end.
  const over = new AbortController();
  const signal = AbortSignal.any([context.signal, over.signal]);
  const way = await wayOf(await context.cluster(), asked.name, invocation, options.url === true, context.signal);
  if (options.verbose) context.output.note(`> ${invocation.method} ${invocation.target} ${way.told}`);
  const answer = await way.ask({ invocation, body, signal, firstByteMs: options.timeout * 1_000 });
  if (isLater && answer.status === 202)
    return await later(context, { name: asked.name, way, invocation, answer }, options);
  if (isLater && answer.status < 400) answeredItself(context, options, over);
  const firstByteMs = performance.now() - beganMs;
  await show(context, answer, options).finally(() => over.abort());
  if (options.verbose) {
    context.output.note(`< ${statusText(answer.status)}`);
    for (const line of timingLines(answer.headers, firstByteMs, performance.now() - beganMs))
      context.output.note(`< ${line}`);
  }
  if (answer.status >= 400) throw refused(asked.name, answer);
}

/** The answer is the result with `--wait` alone. */
function answeredItself({ output }: CommandContext, { wait }: InvokeOptions, over: AbortController): void {
  if (wait !== true) {
    over.abort();
    throw new CommandError(NO_ID, EXIT.failed);
  }
  output.note(NOT_LATER);
}

interface Later {
  name: string;
  way: Way;
  invocation: Invocation;
  answer: ServiceAnswer;
}

/** What was accepted; with `--wait` its end, and the function's answer. */
async function later(
  { output, signal }: CommandContext,
  { name, way, invocation, answer }: Later,
  { wait = false, namespace }: InvokeOptions,
): Promise<void> {
  const text = await output.collected(answer.body);
  const accepted = acceptedIn(text);
  // The function's own 202.
  if (accepted === undefined && !wait) throw new CommandError(NO_ID, EXIT.failed);
  if (accepted === undefined) return output.result({ status: 202, headers: answer.headers, body: text }, () => text);
  const { id } = accepted;
  const path = questionAbout(id, invocation).target;
  const option = namespace === undefined ? '' : ` -n ${namespace}`;
  // What is printed is the id alone, for a variable of a script.
  if (!wait) output.result({ ...accepted, path }, () => id);
  output.note(`accepted; how it goes: catnap invocations show ${name} ${id}${option}`);
  if (!wait) return;
  const question = { invocation: questionAbout(id, invocation), body: undefined, signal, firstByteMs: QUESTION_MS };
  const ended = await endOf({ ask: () => way.ask(question), id, signal });
  if (output.json) output.result(ended, () => '');
  else if (ended.response !== undefined) {
    if (ended.response.truncated) output.note('the answer was larger than is kept of it (async.result.maxBytes)');
    await output.stream(Readable.from([bodyOf(ended.response)]));
  }
  if (ended.status === 'done') return;
  const why = ended.note === undefined ? '' : `: ${ended.note}`;
  throw new CommandError(`${id} is ${ended.status}${why}`, EXIT.failed);
}

async function show(
  { output }: CommandContext,
  answer: ServiceAnswer,
  { include, fail }: InvokeOptions,
): Promise<void> {
  const { status, headers, rawHeaders, body } = answer;
  if (output.json) {
    const text = await output.collected(body);
    output.result({ status, headers, body: text }, () => '');
    return;
  }
  if (include) output.line(headText(status, rawHeaders));
  if (fail && status >= 400) return;
  await output.stream(body);
}

function refused(name: string, { status, headers }: ServiceAnswer): CommandError {
  const code = headers[HEADER.error];
  const whose = code === undefined ? `${name} answered` : `the gateway answered (${String(code)})`;
  return new CommandError(`${whose} ${statusText(status)}`, code === 'FunctionNotFound' ? EXIT.notFound : EXIT.failed);
}
