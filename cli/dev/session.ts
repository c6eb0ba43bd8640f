import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { functionOfPod, noteLine, type Style } from '#local/run/terminal/log-lines.ts';
import type { Project } from '../project/project.ts';
import type { DevCluster, PodName } from './dev-cluster.ts';
import { DevFolder } from './dev-folder.ts';
import { FunctionFolders } from './function-folders.ts';
import { InspectorRelay } from './inspector-relay.ts';
import { shownLines, withOwnPaths } from './shown-lines.ts';
import { TypeCheck } from './type-check.ts';

interface SessionOptions {
  cluster: DevCluster;
  projects: readonly Project[];
  /** As the command line names it. */
  namespace: string | undefined;
  /** Port of the first function's inspector; `any`: 9229, or the next that is free. Absent: none. */
  inspect: number | 'any' | undefined;
  /** What was deployed stays in the cluster. */
  keep: boolean;
  /** The folders' own TypeScript checks them. */
  types: boolean;
  cwd: string;
  env: { PATH: string; HOME?: string | undefined };
  style: Style;
  say: (line: string) => void;
  signal: AbortSignal;
}

/** Runs the folders' functions and follows what is saved until `signal` ends it; then takes away what it made. */
export async function runSession(options: SessionOptions): Promise<void> {
  const { cluster, projects, signal, keep, say, style } = options;
  await using stack = new AsyncDisposableStack();
  const own = new FunctionFolders();
  const note = (name: string, text: string, isBad = false) => {
    const folder = own.folderOf(name);
    const shown = folder === undefined ? text : withOwnPaths(text, folder, options.cwd);
    say(noteLine(shown, name, style, { nowMs: Date.now(), isBad }));
  };
  const { inspect, namespace } = options;
  const given = { cluster, namespace, inspect: inspect !== undefined, say: note, signal };
  const checked = await typeChecks(options, stack, note);
  const folders = projects.map((project, index) => {
    const onSaved = checked(project, index);
    return new DevFolder(project, { ...given, onSaved });
  });
  for (const folder of folders) own.add(folder);
  const relays = await startRelays(options, own.shownNames, stack, note);
  const shown = shownLines({
    style,
    folderOf: (name) => own.folderOf(name),
    cwd: options.cwd,
    onInspector: (pod, port) => void relays(pod, port),
  });
  stack.use(cluster.follow(() => own.byNamespace(), shown));
  stack.defer(async () => {
    if (cluster.isTemporary || keep) return;
    for (const folder of folders) await folder.remove();
  });
  for (const folder of folders) {
    stack.use(folder);
    await folder.start();
  }
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve());
  });
}

type Note = (name: string, text: string, isBad?: boolean) => void;

/** @returns what leads a function's port to the inspector of its newest pod. */
async function startRelays(
  { inspect, cluster, signal }: SessionOptions,
  names: readonly string[],
  stack: AsyncDisposableStack,
  note: Note,
): Promise<(pod: PodName, port: number) => Promise<void>> {
  const relays = new Map<string, Promise<InspectorRelay>>();
  if (inspect === undefined) return async () => undefined;
  const relayOf = async (name: string): Promise<InspectorRelay> => {
    const wanted = inspect === 'any' ? undefined : inspect + relays.size;
    const listening = relays.get(name) ?? InspectorRelay.listen(wanted);
    if (relays.has(name)) return await listening;
    relays.set(name, listening);
    const relay = stack.use(await listening);
    note(name, `inspector at 127.0.0.1:${relay.port}`);
    return relay;
  };
  for (const name of names) await relayOf(name);
  return async (pod, port) => {
    const name = `${functionOfPod(pod.name)}.${pod.namespace}`;
    try {
      // A function that a save has added has none yet.
      const relay = await relayOf(name);
      relay.leadTo(await cluster.reach(pod, port));
    } catch (error) {
      if (!signal.aborted) note(name, (error as Error).message, true);
    }
  };
}

/** What checks the types of a folder, after each save. */
async function typeChecks({ env, types }: SessionOptions, stack: AsyncDisposableStack, note: Note) {
  if (!types) return () => () => undefined;
  const known = await mkdtemp(join(tmpdir(), 'catnap-types-'));
  stack.defer(() => rm(known, { recursive: true, force: true }));
  return ({ folder }: Project, index: number) => {
    const check = stack.use(
      new TypeCheck({
        folder,
        buildInfo: join(known, `${index}.tsbuildinfo`),
        env: { PATH: env.PATH, HOME: env.HOME ?? '/' },
        say: (text, isBad) => note(`types ${basename(folder)}`, text, isBad),
      }),
    );
    return () => check.again();
  };
}
