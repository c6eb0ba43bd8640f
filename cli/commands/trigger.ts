import { randomBytes } from 'node:crypto';
import type { TriggerObject } from '#api/trigger.ts';
import { askedRunId } from '#api/trigger-runs.ts';
import { pause } from '#platform/time/deadline.ts';
import type { CommandContext } from '../command-line/command-context.ts';
import { CommandError } from '../command-line/command-error.ts';
import { EXIT } from '../command-line/exit-codes.ts';
import { askForRun, triggerNamed, triggersIn } from '../triggers/trigger-client.ts';
import { listText, showText, whyNotRun } from '../triggers/trigger-text.ts';

export interface TriggerAsked {
  action: 'list' | 'show' | 'run';
  name: string | undefined;
}

/** As they stand on the command line. */
export interface TriggerOptions {
  namespace?: string;
  allNamespaces?: boolean;
  wait?: boolean;
  /** In seconds. */
  timeout: number;
}

const LOOK_EVERY_MS = 1_000;
const RANDOM_BYTES = 4;

/** `catnap trigger`. */
export async function trigger(context: CommandContext, asked: TriggerAsked, options: TriggerOptions): Promise<void> {
  const mistake = mistakeIn(asked, options);
  if (mistake !== undefined) throw new CommandError(mistake, EXIT.usage);
  const { action, name = '' } = asked;
  if (action === 'list') return await list(context, options.allNamespaces === true);
  if (action === 'show') return await show(context, name, options);
  return await run(context, name, options);
}

/** What is wrong with the words, taken together. Pure. */
export function mistakeIn({ action, name }: TriggerAsked, options: Partial<TriggerOptions>): string | undefined {
  if (action === 'list' && name !== undefined) return 'a list takes no name: catnap trigger show <trigger>';
  if (action !== 'list' && name === undefined) return `which one? catnap trigger ${action} <trigger>`;
  if (action !== 'list' && options.allNamespaces === true) return '--all-namespaces is for a list';
  if (action !== 'run' && options.wait === true) return '--wait is for run';
  return undefined;
}

async function list(context: CommandContext, allNamespaces: boolean): Promise<void> {
  const { kube, namespace } = await context.cluster();
  const where = allNamespaces ? undefined : namespace;
  const triggers = await triggersIn({ kube, namespace: where, signal: context.signal });
  const none = allNamespaces ? 'no triggers in any namespace' : `no triggers in ${namespace}`;
  context.output.result(triggers, () => (triggers.length === 0 ? none : listText(triggers, allNamespaces, Date.now())));
}

async function show(context: CommandContext, name: string, { namespace: given }: TriggerOptions): Promise<void> {
  const { kube, namespace } = await context.cluster();
  const found = await triggerNamed(name, { kube, namespace, signal: context.signal });
  const option = given === undefined ? '' : ` -n ${namespace}`;
  context.output.result(found, () => showText(found, option, Date.now()));
}

async function run(context: CommandContext, name: string, { wait, timeout }: TriggerOptions): Promise<void> {
  const { kube, namespace } = await context.cluster();
  const place = { kube, namespace, signal: context.signal };
  const why = whyNotRun(await triggerNamed(name, place));
  if (why !== undefined) throw new CommandError(why, EXIT.failed);
  const value = `${new Date().toISOString()}-${randomBytes(RANDOM_BYTES).toString('hex')}`;
  const asked = await askForRun(name, value, place);
  const id = askedRunId({ namespace, name }, value);
  if (wait !== true) return context.output.result({ id, function: asked.spec.function }, () => id);
  const ended = await endOf(id, () => triggerNamed(name, place), { ...place, timeoutMs: timeout * 1_000 });
  context.output.result(ended, () => [`${id} is ${ended.state}`, ended.note].filter(Boolean).join(': '));
  if (ended.state !== 'done') throw new CommandError(`${id} is ${ended.state}`, EXIT.failed);
}

type Run = NonNullable<NonNullable<TriggerObject['status']>['history']>[number];

/** The run once it has ended. Throws a CommandError when the time is up. */
async function endOf(
  id: string,
  look: () => Promise<TriggerObject>,
  { signal, timeoutMs }: { signal: AbortSignal; timeoutMs: number },
): Promise<Run> {
  const untilMs = performance.now() + timeoutMs;
  for (;;) {
    const { status } = await look();
    const found = status?.history?.find((each) => each.id === id);
    if (found !== undefined && found.state !== 'waiting' && found.state !== 'running') return found;
    if (performance.now() >= untilMs) {
      const how = found === undefined ? 'the dispatcher has said nothing of it: does it run?' : `it is ${found.state}`;
      throw new CommandError(`${id} has not ended in ${timeoutMs / 1_000} s; ${how}`, EXIT.notReady);
    }
    await pause(Math.min(LOOK_EVERY_MS, Math.max(0, untilMs - performance.now())), signal);
    signal.throwIfAborted();
  }
}
