import { relative, sep } from 'node:path';
import { BUNDLE_FOLDER } from '#api/names.ts';
import { containerLine, functionOfPod, type Style } from '#local/run/terminal/log-lines.ts';
import type { PodName, ShownLine } from './dev-cluster.ts';
import { inspectorPort, isInspectorsOwn } from './inspected-spec.ts';

interface ShownLinesOptions {
  style: Style;
  /** Folder of a function, by its name and namespace: `hello.default`. */
  folderOf: (name: string) => string | undefined;
  cwd: string;
  /** A pod told where its inspector listens. */
  onInspector: (pod: PodName, port: number) => void;
}

/** A pod's lines for the terminal: files by where they are on this machine, so that a terminal can open them. */
export function shownLines({ style, folderOf, cwd, onInspector }: ShownLinesOptions): ShownLine {
  return (text, pod) => {
    const port = inspectorPort(text);
    if (port !== undefined) onInspector(pod, port);
    if (isInspectorsOwn(text)) return undefined;
    const line = containerLine(text, pod, Date.now(), style);
    const folder = folderOf(`${functionOfPod(pod.name)}.${pod.namespace}`);
    return line === undefined || folder === undefined ? line : withOwnPaths(line, folder, cwd);
  };
}

/** `/function/src/index.ts:3:9` → `shop/src/index.ts:3:9`, as seen from `cwd`; what is not below that by its whole path. Pure. */
export function withOwnPaths(line: string, folder: string, cwd: string): string {
  const below = relative(cwd, folder);
  const isBelow = below !== '..' && !below.startsWith(`..${sep}`);
  const prefix = !isBelow ? `${folder}/` : below === '' ? '' : `${below}/`;
  return line.replaceAll(new RegExp(`(?<![\\w./-])${BUNDLE_FOLDER}/(?=\\S)`, 'g'), () => prefix);
}
