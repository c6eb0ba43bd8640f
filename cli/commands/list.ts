import { FUNCTIONS, type FunctionObject } from '#api/function.ts';
import type { CommandContext } from '../command-line/command-context.ts';
import { table } from '../command-line/table.ts';

/** `catnap list`. */
export async function list(context: CommandContext, options: { allNamespaces?: boolean }): Promise<void> {
  const { kube, namespace } = await context.cluster();
  const where = options.allNamespaces === true ? {} : { namespace };
  const { items } = await kube.listAll<FunctionObject>(FUNCTIONS, { ...where, signal: context.signal });
  context.output.result(items, () => (items.length === 0 ? `no functions in ${namespace}` : text(items)));
}

function text(functions: readonly FunctionObject[]): string {
  const rows = functions.map(({ metadata, status }) => {
    const ready = status?.conditions?.find(({ type }) => type === 'Ready');
    return [
      metadata.namespace,
      metadata.name,
      ready?.status ?? 'Unknown',
      ready?.reason ?? '',
      String(status?.replicas ?? 0),
      status?.url ?? '',
    ];
  });
  return table(['NAMESPACE', 'NAME', 'READY', 'REASON', 'REPLICAS', 'URL'], rows);
}
