import { FUNCTIONS, type FunctionObject } from '#api/function.ts';
import { ageOf } from '#platform/time/age.ts';
import type { CommandContext } from '../command-line/command-context.ts';
import { printable } from '../command-line/printable.ts';
import { table } from '../command-line/table.ts';

interface ListOptions {
  allNamespaces?: boolean;
  wide?: boolean;
}

/** `catnap list`. */
export async function list(context: CommandContext, options: ListOptions): Promise<void> {
  const { kube, namespace } = await context.cluster();
  const where = options.allNamespaces === true ? {} : { namespace };
  const { items } = await kube.listAll<FunctionObject>(FUNCTIONS, { ...where, signal: context.signal });
  const none = options.allNamespaces === true ? 'no functions in any namespace' : `no functions in ${namespace}`;
  context.output.result(items, () => (items.length === 0 ? none : listText(items, options, Date.now())));
}

/** Columns as `kubectl get fn` has them, and whether work is stored. Pure. */
export function listText(functions: readonly FunctionObject[], options: ListOptions, nowMs: number): string {
  const all = options.allNamespaces === true;
  const wide = options.wide === true;
  const heads = [
    ...(all ? ['NAMESPACE'] : []),
    ...['NAME', 'READY', 'REASON', 'REPLICAS', 'URL', 'AGE'],
    ...(wide ? ['REVISION', 'CONCURRENCY', 'ASYNC'] : []),
  ];
  const rows = functions.map(({ metadata, spec, status }) => {
    const ready = status?.conditions?.find(({ type }) => type === 'Ready');
    return [
      ...(all ? [metadata.namespace ?? ''] : []),
      metadata.name ?? '',
      ready?.status ?? 'Unknown',
      ready?.reason ?? '',
      String(status?.replicas ?? 0),
      status?.url ?? '',
      ageOf(metadata.creationTimestamp, nowMs),
      ...(wide ? [status?.revision ?? '', String(spec.concurrency?.target ?? ''), asyncText(spec, status)] : []),
    ].map(printable);
  });
  return table(heads, rows);
}

function asyncText(spec: FunctionObject['spec'], status: FunctionObject['status']): string {
  const isBuried = status?.conditions?.some(({ reason }) => reason === 'Buried') === true;
  return [spec.async?.mode, ...(isBuried ? ['Buried'] : [])].filter((word) => word !== undefined).join(', ');
}
