import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What `node --cpu-prof` writes, as far as it is read here. */
export interface CpuProfile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[];
  /** Of each sample the node. */
  samples: number[];
  /** Microseconds before each sample. */
  timeDeltas: number[];
}

export interface Cost {
  what: string;
  /** Of the time that the process was busy, from 0 to 1; its own, without what it calls. */
  share: number;
}

type CallFrame = CpuProfile['nodes'][number]['callFrame'];

/** Where a profile's time went, by kind of code and by function; the most costly first. */
export function costs({ nodes, samples, timeDeltas }: CpuProfile): { kinds: Cost[]; functions: Cost[] } {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const byKind = new Map<string, number>();
  const byFunction = new Map<string, number>();
  let busy = 0;
  for (const [i, id] of samples.entries()) {
    const frame = frames.get(id);
    if (frame === undefined || frame.functionName === '(idle)') continue;
    const us = timeDeltas[i] ?? 0;
    busy += us;
    add(byKind, kindOf(frame), us);
    add(byFunction, nameOf(frame), us);
  }
  return { kinds: sorted(byKind, busy), functions: sorted(byFunction, busy) };
}

/** Of all profiles in a folder, for a person: kinds and the most costly functions. */
export async function profileText(folder: string, functions = 30): Promise<string> {
  const lines: string[] = [];
  for (const file of (await readdir(folder)).filter((name) => name.endsWith('.cpuprofile'))) {
    const found = costs(JSON.parse(await readFile(join(folder, file), 'utf8')));
    const line = ({ what, share }: Cost) => `  ${(share * 100).toFixed(1).padStart(5)} %  ${what}`;
    lines.push(`Profile ${join(folder, file)}: share of busy time, each without what it calls`);
    lines.push(...found.kinds.map(line), '', ...found.functions.slice(0, functions).map(line), '');
  }
  return lines.join('\n');
}

/** Kinds by name and place of a function, the first that fits. */
const KINDS: readonly { kind: string; fits: (frame: CallFrame) => boolean }[] = [
  { kind: 'writing to sockets', fits: ({ functionName: f, url }) => url === '' && /^(write[A-Z]?|writev)\w*$/.test(f) },
  { kind: 'reading, polling, HTTP parser', fits: ({ functionName: f }) => f === '(program)' },
  { kind: 'garbage collector', fits: ({ functionName: f }) => f === '(garbage collector)' },
  { kind: 'the activator and its packages', fits: ({ url }) => url.startsWith('file:') },
  { kind: 'WebAssembly', fits: ({ functionName: f, url }) => f.includes('wasm') || url.startsWith('wasm') },
  { kind: 'node:http', fits: ({ url }) => url.startsWith('node:_http') },
  { kind: 'node:net and streams', fits: ({ url }) => /^node:(net|stream|internal\/stream)/.test(url) },
  { kind: 'regular expressions', fits: ({ functionName: f }) => f.startsWith('RegExp:') },
  { kind: "Node's other modules", fits: ({ url }) => url.startsWith('node:') },
];

function kindOf(frame: CallFrame): string {
  return KINDS.find(({ fits }) => fits(frame))?.kind ?? 'built into the engine';
}

function nameOf({ functionName, url, lineNumber }: CallFrame): string {
  const place = url === '' ? '' : ` ${url.split('/').slice(-2).join('/')}:${lineNumber + 1}`;
  return `${functionName === '' ? '(anonymous)' : functionName}${place}`;
}

function add(to: Map<string, number>, key: string, us: number): void {
  to.set(key, (to.get(key) ?? 0) + us);
}

function sorted(by: ReadonlyMap<string, number>, busy: number): Cost[] {
  return [...by].sort(([, a], [, b]) => b - a).map(([what, us]) => ({ what, share: us / busy }));
}
