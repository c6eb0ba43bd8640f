import type { InvocationPage } from '#api/invocations-for-people.ts';
import { installationOf } from '../cluster/installation.ts';
import type { CommandContext } from '../command-line/command-context.ts';
import { CommandError } from '../command-line/command-error.ts';
import { EXIT } from '../command-line/exit-codes.ts';
import { Dispatcher } from '../invocations/dispatcher.ts';
import { listText, showText } from '../invocations/invocation-text.ts';

export interface InvocationsAsked {
  action: 'list' | 'show' | 'retry' | 'purge';
  /** Of the function. */
  name: string;
  id: string | undefined;
}

/** As they stand on the command line. */
export interface InvocationsOptions {
  state?: string;
  all?: boolean;
  limit?: number;
}

/** As many as one answer has. */
const MOST_IN_PAGE = 200;
const LISTED = 50;

/** `catnap invocations`. */
export async function invocations(
  context: CommandContext,
  asked: InvocationsAsked,
  options: InvocationsOptions,
): Promise<void> {
  const mistake = mistakeIn(asked, options);
  if (mistake !== undefined) throw new CommandError(mistake, EXIT.usage);
  const cluster = await context.cluster();
  const { signal } = context;
  const installation = await installationOf(cluster.kube, cluster.systemNamespace, signal);
  const dispatcher = new Dispatcher({ cluster, installation, name: asked.name, signal });
  const { action, id } = asked;
  if (action === 'list') return await list(context, dispatcher, options);
  if (action === 'show') return await show(context, dispatcher, id as string);
  if (action === 'retry') return await retry(context, dispatcher, asked);
  return await purge(context, dispatcher, asked, options);
}

type Words = InvocationsAsked & InvocationsOptions;

/** What of an action's words does not fit, and the sentence about it; the first one counts. */
const MISTAKES: Record<InvocationsAsked['action'], readonly [wrong: (words: Words) => boolean, sentence: string][]> = {
  list: [
    [({ id }) => id !== undefined, 'a list takes no id: catnap invocations show <function> <id>'],
    [({ all, limit }) => all === true && limit !== undefined, 'a list takes --limit or --all, not both'],
  ],
  show: [
    [({ id }) => id === undefined, 'which one? catnap invocations show <function> <id>'],
    [({ state, all, limit }) => isGiven(state, all, limit), 'show takes an id alone'],
  ],
  retry: [
    [({ limit }) => limit !== undefined, '--limit is for a list'],
    [({ state }) => state !== undefined && state !== 'buried', 'only what is buried is sent again'],
    [
      ({ id, state, all }) => (id !== undefined) === isGiven(state, all),
      'retry takes an id, or --all for all that is buried',
    ],
  ],
  purge: [
    [({ limit }) => limit !== undefined, '--limit is for a list'],
    [({ state, all }) => isGiven(state) && isGiven(all), 'purge takes --state or --all, not both'],
    [
      ({ id, state, all }) => (id !== undefined) === isGiven(state, all),
      'purge takes an id, --state <state>, or --all',
    ],
  ],
};

/** What is wrong with the words, taken together. Pure. */
export function mistakeIn(asked: InvocationsAsked, options: InvocationsOptions): string | undefined {
  const words = { ...asked, ...options };
  return MISTAKES[asked.action].find(([isWrong]) => isWrong(words))?.[1];
}

/** Any of these. */
function isGiven(...values: readonly unknown[]): boolean {
  return values.some((value) => value !== undefined && value !== false);
}

async function list(
  { output, signal }: CommandContext,
  dispatcher: Dispatcher,
  { state, all = false, limit = LISTED }: InvocationsOptions,
): Promise<void> {
  const items: InvocationPage['items'] = [];
  const most = all ? Number.POSITIVE_INFINITY : limit;
  let counts: InvocationPage['counts'] | undefined;
  for await (const page of dispatcher.pages(state, Math.min(most, MOST_IN_PAGE))) {
    signal.throwIfAborted();
    counts ??= page.counts;
    items.push(...page.items.slice(0, most - items.length));
    if (items.length >= most) break;
  }
  const result = { counts: counts as InvocationPage['counts'], items };
  output.result(result, () => listText(items, result.counts, Date.now()));
}

async function show({ output }: CommandContext, dispatcher: Dispatcher, id: string): Promise<void> {
  const shown = await dispatcher.show(id);
  output.result(shown, () => showText(shown, Date.now()));
}

async function retry(
  { output }: CommandContext,
  dispatcher: Dispatcher,
  { name, id }: InvocationsAsked,
): Promise<void> {
  if (id === undefined) {
    const retried = await dispatcher.retryAll();
    return output.result({ retried }, () => `${counted(retried)} of ${name} sent again`);
  }
  await dispatcher.retry(id);
  output.result({ retried: 1, id }, () => `${id} is sent again`);
}

async function purge(
  { output }: CommandContext,
  dispatcher: Dispatcher,
  { name, id }: InvocationsAsked,
  { state }: InvocationsOptions,
): Promise<void> {
  if (id === undefined) {
    const purged = await dispatcher.purge(state ?? 'all');
    return output.result({ purged }, () => `${counted(purged)} of ${name} taken away`);
  }
  const { removed } = await dispatcher.remove(id);
  output.result({ id, removed }, () => `${id} ${removed}`);
}

function counted(count: number): string {
  return count === 1 ? '1 invocation' : `${count} invocations`;
}
