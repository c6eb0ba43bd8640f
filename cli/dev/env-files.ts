import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { FunctionSpec } from '#api/function.ts';
import { readText } from '../project/read-text.ts';

type EnvVar = NonNullable<FunctionSpec['env']>[number];

/** In the order in which they are read: of two that name a variable the later one has its value. */
export const ENV_FILES = ['.env', '.env.local'];

/** Variables of the folder's files, and what is wrong with those that a Function cannot have. */
export interface EnvFiles {
  variables: Record<string, string>;
  /** One sentence each. */
  refused: string[];
}

/** Reads the files of `folder`; one that is not there has none. */
export async function readEnvFiles(folder: string): Promise<EnvFiles> {
  const texts = await Promise.all(ENV_FILES.map((name) => readText(join(folder, name))));
  return checkedVariables(Object.assign({}, ...texts.map((text) => parseEnv(text ?? ''))) as Record<string, string>);
}

const NOT_THEIRS = /^(?:PORT|HOST|K_.*|CATNAP_(?!LOG_LEVEL$|LOG_FORMAT$).*)$/;
const EnvList = FunctionSpec.shape.env.unwrap();

/** Sorts out what the Function's rules refuse. Pure. */
export function checkedVariables(given: Readonly<Record<string, string>>): EnvFiles {
  const variables: Record<string, string> = {};
  const refused: string[] = [];
  for (const [name, value] of Object.entries(given)) {
    const why = mistake(name, value);
    if (why === undefined) variables[name] = value;
    else refused.push(`${name} is left out: ${why}`);
  }
  return { variables, refused };
}

function mistake(name: string, value: string): string | undefined {
  if (NOT_THEIRS.test(name)) return 'it is set by Catnap';
  const { success, error } = EnvList.safeParse([{ name, value }]);
  return success ? undefined : error.issues.map(({ message }) => message).join('; ');
}

/**
 * `env` of the spec with the files' variables: theirs win, for they are of this machine. A dollar sign is
 * doubled: `$(NAME)` in a file is no reference. Pure.
 */
export function withVariables(
  env: FunctionSpec['env'],
  variables: Readonly<Record<string, string>>,
): NonNullable<FunctionSpec['env']> {
  const others = (env ?? []).filter(({ name }) => !Object.hasOwn(variables, name));
  const own = Object.entries(variables).map(
    ([name, value]): EnvVar => ({ name, value: value.replaceAll('$(', '$$$(') }),
  );
  return [...others, ...own];
}
