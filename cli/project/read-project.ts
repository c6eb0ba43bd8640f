import { existsSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { CommandError } from '../command-line/command-error.ts';
import { EXIT } from '../command-line/exit-codes.ts';
import type { ConfigRequest } from './define-config.ts';
import { findEntry, type PackageEntries } from './find-entry.ts';
import { functionName } from './function-name.ts';
import type { Project, ProjectFunction } from './project.ts';
import { readSettings } from './read-settings.ts';
import { readText } from './read-text.ts';
import type { Settings } from './settings.ts';

interface PackageJson extends PackageEntries {
  name?: unknown;
}

type FunctionSettings = NonNullable<NonNullable<Settings['functions']>[string]>;

/**
 * Reads what functions are in a folder. Throws a CommandError that says where a mistake is.
 * @param folder absolute
 * @param signal ends a catnap.config.ts that does not end by itself
 */
export async function readProject(folder: string, request: ConfigRequest, signal?: AbortSignal): Promise<Project> {
  const names = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    const problem = cause.code === 'ENOTDIR' ? 'is a file: name the folder that it is in' : 'is no folder';
    throw new CommandError(`${folder} ${problem}`, EXIT.usage, { cause });
  });
  const { settings, files } = await readSettings(folder, names, request, signal);
  const manifest = names.includes('package.json') ? join(folder, 'package.json') : undefined;
  const packageJson = manifest === undefined ? {} : await readPackage(manifest);
  const name = settings.name ?? ownName(folder, packageJson);
  const one = { name, settings, packageJson, folder };
  return {
    folder,
    name,
    namespace: settings.namespace,
    functions:
      settings.functions === undefined
        ? [functionOf(one)]
        : Object.entries(settings.functions).map(([own, its]) =>
            functionOf({ ...one, name: own, settings: its ?? {} }),
          ),
    files: [...files, ...(manifest === undefined ? [] : [manifest])],
  };
}

interface OneFunction {
  name: string;
  settings: FunctionSettings;
  packageJson: PackageJson;
  folder: string;
}

function functionOf({ name, settings, packageJson, folder }: OneFunction): ProjectFunction {
  const { spec = {}, build = {} } = settings;
  const isImage = spec.image !== undefined;
  if (isImage && settings.entry !== undefined)
    throw new CommandError(`${name}: it has both entry and spec.image: give one of them`, EXIT.usage);
  return {
    name,
    entry: isImage ? undefined : entryOf(name, settings.entry, packageJson, folder),
    // As written, checked against the schema.
    spec: spec as ProjectFunction['spec'],
    build: build as ProjectFunction['build'],
  };
}

function entryOf(name: string, named: string | undefined, packageJson: PackageJson, folder: string): string {
  const isThere = (path: string) => statSync(join(folder, path), { throwIfNoEntry: false })?.isFile() === true;
  if (named !== undefined) {
    const path = resolve(folder, named);
    if (!existsSync(path))
      throw new CommandError(`${name}: there is no ${named} in ${folder}, which its entry names`, EXIT.usage);
    if (!statSync(path).isFile())
      throw new CommandError(`${name}: ${named} in ${folder}, which its entry names, is no file`, EXIT.usage);
    return path;
  }
  const found = findEntry(packageJson, isThere);
  if (found === undefined)
    throw new CommandError(
      `there is no code to deploy in ${folder}: neither src/index.ts nor index.ts (or .js, …), and package.json names no source as its main; name the module in catnap.yaml: entry: src/server.ts`,
      EXIT.usage,
    );
  return join(folder, found);
}

async function readPackage(file: string): Promise<PackageJson> {
  try {
    const value: unknown = JSON.parse((await readText(file)) ?? '');
    if (typeof value === 'object' && value !== null) return value;
    throw new Error('it is no object');
  } catch (cause) {
    if (cause instanceof CommandError) throw cause;
    throw new CommandError(`${file}: ${(cause as Error).message}`, EXIT.usage, { cause });
  }
}

function ownName(folder: string, { name }: PackageJson): string {
  const own = (typeof name === 'string' ? functionName(name) : undefined) ?? functionName(basename(folder));
  if (own !== undefined) return own;
  throw new CommandError(
    `no name for the function can be made of "${basename(folder)}": give one in catnap.yaml: name: hello`,
    EXIT.usage,
  );
}
