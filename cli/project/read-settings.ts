import { join } from 'node:path';
import * as yaml from 'yaml';
import { CommandError } from '../command-line/command-error.ts';
import { EXIT } from '../command-line/exit-codes.ts';
import type { ConfigRequest } from './define-config.ts';
import { readText } from './read-text.ts';
import { mistakesIn, type Settings } from './settings.ts';

/** A folder's settings, and what was read for them. */
export interface ReadSettings {
  /** Empty: the folder has none. */
  settings: Settings;
  /** Absolute paths. */
  files: string[];
}

const YAML_NAMES = ['catnap.yaml', 'catnap.yml'];
const MODULE_NAMES = ['catnap.config.ts', 'catnap.config.mts', 'catnap.config.js', 'catnap.config.mjs'];
const MISTAKES_SHOWN = 8;

/**
 * Reads catnap.yaml or catnap.config.ts.
 * @param names of the folder's files
 * @param signal ends a module that does not end by itself
 * Throws a CommandError that names file, line and field where they are wrong, or where there are two.
 */
export async function readSettings(
  folder: string,
  names: readonly string[],
  request: ConfigRequest,
  signal?: AbortSignal,
): Promise<ReadSettings> {
  const there = [...YAML_NAMES, ...MODULE_NAMES].filter((name) => names.includes(name));
  const [name, other] = there;
  if (name === undefined) return { settings: {}, files: [] };
  if (other !== undefined)
    throw new CommandError(`both ${name} and ${other} are in ${folder}: keep one of them`, EXIT.usage);
  const file = join(folder, name);
  if (YAML_NAMES.includes(name)) return { settings: settingsOfYaml(name, (await readText(file)) ?? ''), files: [file] };
  const { loadConfig } = await import('./load-config.ts');
  const { value, files } = await loadConfig(file, request, signal);
  const mistakes = mistakesIn(value).map(({ path, message }) => `${name}: ${dotted(path)}${message}`);
  throwMistakes(mistakes);
  return { settings: value as Settings, files };
}

/** Throws a CommandError with a line for each mistake. */
function settingsOfYaml(name: string, text: string): Settings {
  const lines = new yaml.LineCounter();
  const document = yaml.parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${name}:${line}:${col}: `;
  };
  throwMistakes(document.errors.map(({ pos, message }) => at(pos[0]) + message));
  const value: unknown = asPlain(document, at);
  throwMistakes(
    mistakesIn(value).map(({ path, message }) => `${at(offsetOf(document, path))}${dotted(path)}${message}`),
  );
  return value as Settings;
}

function asPlain(document: yaml.Document.Parsed, at: (offset: number) => string): unknown {
  try {
    // An empty file has no settings.
    return document.toJS() ?? {};
  } catch (cause) {
    // Aliases that would grow beyond all bounds.
    throw new CommandError(`${at(0)}${(cause as Error).message}`, EXIT.usage, { cause });
  }
}

/** Where the field is, or the nearest one around it. */
function offsetOf(document: yaml.Document.Parsed, path: readonly (string | number)[]): number {
  for (let length = path.length; length > 0; length -= 1) {
    const parent: unknown = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    if (yaml.isMap(parent)) {
      const pair = parent.items.find(({ key }) => yaml.isScalar(key) && String(key.value) === String(path[length - 1]));
      if (yaml.isScalar(pair?.key) && pair.key.range) return pair.key.range[0];
    }
    const node: unknown = document.getIn(path.slice(0, length), true);
    if (yaml.isNode(node) && node.range) return node.range[0];
  }
  return document.contents?.range?.[0] ?? 0;
}

function dotted(path: readonly (string | number)[]): string {
  if (path.length === 0) return '';
  return `${path.reduce<string>((all, part) => (typeof part === 'number' ? `${all}[${part}]` : all === '' ? part : `${all}.${part}`), '')}: `;
}

function throwMistakes(mistakes: readonly string[]): void {
  if (mistakes.length === 0) return;
  const more = mistakes.length - MISTAKES_SHOWN;
  const shown = [...mistakes.slice(0, MISTAKES_SHOWN), ...(more > 0 ? [`and ${more} more`] : [])];
  throw new CommandError(shown.join('\n'), EXIT.usage);
}
