/** What Helm gives templates beside Go's own functions: sprig's, and its few extra ones. */
import {
  type FuncMap,
  sprigConversions,
  sprigDefaults,
  sprigDicts,
  sprigFlow,
  sprigHash,
  sprigLists,
  sprigMath,
  sprigRegex,
  sprigSemver,
  sprigStrings,
  sprigTypes,
  type TemplateFunc,
} from '@promptctl/go-template-js';
import { isTable, readYaml, type Table, writeYaml } from './go-yaml.ts';

/** Asks the cluster for an object or, without a name, for a list; an empty table when there is none. */
export type Lookup = (apiVersion: string, kind: string, namespace: string, name: string) => Table;

/** Functions that need the templates themselves. */
interface Rendering {
  include: (name: string, data: unknown) => string;
  tpl: (text: string, data: unknown) => string;
  lookup: Lookup;
}

/** Those of Helm but for `env`, `getHostByName`, TOML, certificates, durations and random values, which no chart here uses. */
export function templateFunctions({ include, tpl, lookup }: Rendering): FuncMap {
  return {
    ...sprigDefaults(),
    ...sprigStrings(),
    ...sprigMath(),
    ...sprigLists(),
    ...sprigDicts(),
    ...sprigRegex(),
    ...sprigTypes(),
    ...sprigConversions(),
    ...sprigSemver(),
    ...sprigFlow(),
    ...sprigHash(),
    quote: ofAnything((...values: unknown[]) => quoted(values, (text) => JSON.stringify(text))),
    squote: ofAnything((...values: unknown[]) => quoted(values, (text) => `'${text}'`)),
    toYaml: ofAnything(writeYaml),
    toJson: ofAnything((value: unknown) => JSON.stringify(sorted(value ?? null))),
    fromYaml: ofAnything((text: unknown) => tableOf(() => readYaml(String(text)))),
    fromJson: ofAnything((text: unknown) => tableOf(() => JSON.parse(String(text)))),
    required: ofAnything((warning: unknown, value: unknown) => {
      if (value === undefined || value === null || value === '') throw new Error(String(warning));
      return value;
    }),
    include: { fn: include, argTypes: ['string', 'value'] },
    tpl: { fn: tpl, argTypes: ['string', 'value'] },
    lookup: { fn: lookup, argTypes: ['string', 'string', 'string', 'string'] },
  };
}

function ofAnything(fn: (...values: never[]) => unknown): TemplateFunc {
  return { fn, argTypes: ['value'] };
}

/** Nil is left out, as sprig does. */
function quoted(values: readonly unknown[], quote: (text: string) => string): string {
  return values
    .filter((value) => value !== undefined && value !== null)
    .map((value) => quote(String(value)))
    .join(' ');
}

/** As Go writes maps: by key. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isTable(value)) return value;
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((key) => [key, sorted(value[key])]));
}

/** Helm gives templates the error as a value. */
function tableOf(read: () => unknown): Table {
  try {
    const value = read() ?? {};
    return isTable(value) ? value : { Error: 'not a table' };
  } catch (error) {
    return { Error: error instanceof Error ? error.message : String(error) };
  }
}
