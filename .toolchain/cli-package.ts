import { copyFile, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import * as z from 'zod';
import { Settings } from '../cli/project/settings.ts';
import { PROGRAM_IN_PARTS, root } from './bundle-options.ts';
import { declarationsOf } from './declarations.ts';
import { descriptionsAsData } from './descriptions-as-data.ts';
import { addLicenses, packagesOf } from './licenses.ts';
import { makeRuntime, makeServer } from './programs.ts';
import { type Schema, typeOf } from './schema-types.ts';

const source = join(root, 'cli', 'npm');

/** The command, and what a folder's catnap.config.ts imports. */
const COMMAND = { catnap: 'cli/main.ts', config: 'cli/project/define-config.ts' };

/** Programs of the local cluster, by the names under which `local/run/programs.ts` starts them. */
const CLUSTER = {
  'api-server': 'local/cluster/api-server/main.ts',
  'pod-runner': 'local/cluster/pod-runner/main.ts',
  'service-proxy': 'local/cluster/service-proxy/main.ts',
};

/** What the local cluster and its control plane read at their start, where the checkout has it too. */
const READ_AT_START = ['charts/catnap', 'crds', 'examples/hello.yaml'];

/**
 * Makes the package `catnap` in the folder `made`: the command, and under `dist/` the programs of a cluster on this machine, which
 * then needs no checkout. Of other packages only esbuild stays outside, for its native program is another one for each platform.
 * Returns the packages that went in, as paths from the root.
 */
export async function makeCliPackage(made: string): Promise<string[]> {
  await rm(made, { recursive: true, force: true });
  const options = { ...PROGRAM_IN_PARTS, plugins: [...PROGRAM_IN_PARTS.plugins, descriptionsAsData] };
  const [command, cluster, ...programs] = await Promise.all([
    build({ ...options, entryPoints: COMMAND, outdir: join(made, 'cli') }),
    build({ ...options, entryPoints: CLUSTER, outdir: join(made, 'dist', 'local') }),
    makeServer('operator', join(made, 'dist', 'operator')),
    makeServer('activator', join(made, 'dist', 'activator')),
    makeRuntime(join(made, 'dist', 'runtime')),
  ]);
  await copyFile(join(root, 'local/cluster/pod-runner/preload.cjs'), join(made, 'dist', 'local', 'preload.cjs'));
  for (const path of READ_AT_START) await cp(join(root, path), join(made, path), { recursive: true });
  await mkdir(join(made, 'bin'));
  await copyFile(join(source, 'catnap.mjs'), join(made, 'bin', 'catnap.mjs'));
  await copyFile(join(source, 'README.md'), join(made, 'README.md'));
  await writeFile(join(made, 'config.d.ts'), await configTypes());
  await writeFile(join(made, 'package.json'), `${JSON.stringify(await manifest(), null, 2)}\n`);
  const bundled = packagesOf(command.metafile, cluster.metafile);
  await addLicenses(made, bundled);
  return [...new Set([...bundled, ...programs.flat(), 'node_modules/esbuild'])].sort();
}

/** For catnap.config.ts: what may stand in it is taken from the schema that it is checked by, with what each field means. */
async function configTypes(): Promise<string> {
  const schema = z.toJSONSchema(Settings, { io: 'input', unrepresentable: 'any' }) as Schema;
  const rest = await declarationsOf('cli/project/define-config.ts', ['cli/project/define-config.ts']);
  return `/** What may stand in catnap.config.ts, and in catnap.yaml. */\nexport interface Settings ${typeOf(schema)}\n\n${rest}`;
}

/** Version and licence are Catnap's; esbuild's version is the one that was tested. */
async function manifest(): Promise<object> {
  const read = async (folder: string) => JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const [{ version, license }, { name, ...rest }] = [await read(root), await read(source)];
  const esbuild = await read(join(root, 'node_modules', 'esbuild'));
  return { name, version, license, ...rest, dependencies: { esbuild: esbuild.version } };
}
