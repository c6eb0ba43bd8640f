import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { IS_BUILT, ROOT } from '#local/package-root.ts';
import type { CommandContext } from '../command-line/command-context.ts';
import { CommandError } from '../command-line/command-error.ts';
import { EXIT } from '../command-line/exit-codes.ts';
import { printable } from '../command-line/printable.ts';
import { functionName } from '../project/function-name.ts';
import { type FolderChoice, folderFiles } from '../templates/folder-files.ts';
import { TEMPLATE_NAMES, type TemplateName } from '../templates/template.ts';
import { TEMPLATES } from '../templates/templates.ts';

/** `catnap init`. */
export async function init(
  context: CommandContext,
  asked: { template: TemplateName | undefined; folder: string | undefined },
): Promise<void> {
  const template = TEMPLATES[asked.template ?? (await chosen(context))];
  const folder = resolve(context.cwd, asked.folder ?? template.name);
  const name = functionName(basename(folder));
  if (name === undefined) throw new CommandError(`no function can be named after ${folder}`, EXIT.usage);
  await mustBeEmpty(folder);
  const files = folderFiles({ template, name, ...packages(context) });
  for (const [path, text] of Object.entries(files)) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text, { flag: 'wx' });
  }
  const older = olderNode(process.execPath, ROOT);
  if (older !== undefined) context.output.note(older);
  const where = relative(context.cwd, folder) || '.';
  context.output.result({ template: template.name, name, folder, files: Object.keys(files) }, () => next(where, files));
}

/** Asked for on a terminal; elsewhere the first. */
async function chosen({ output, terminal, signal }: CommandContext): Promise<TemplateName> {
  const [first] = TEMPLATE_NAMES;
  if (terminal === undefined) return first;
  for (const { name, description } of Object.values(TEMPLATES)) output.note(`  ${name.padEnd(8)}  ${description}`);
  const asking = createInterface(terminal);
  try {
    const answer = (await asking.question(`Which template? (${first}) `, { signal })).trim() || first;
    const name = TEMPLATE_NAMES.find((each) => each === answer);
    if (name === undefined) throw new CommandError(`there is no template ${printable(answer)}`, EXIT.usage);
    return name;
  } finally {
    asking.close();
  }
}

/** Of what is there nothing is changed; a repository without files counts as empty. */
async function mustBeEmpty(folder: string): Promise<void> {
  const there = await readdir(folder).catch(({ code, message }: NodeJS.ErrnoException) => {
    if (code === 'ENOENT') return [];
    throw new CommandError(`${folder}: ${message}`, EXIT.usage);
  });
  if (there.some((name) => name !== '.git')) throw new CommandError(`${folder} is not empty`, EXIT.usage);
}

/** From which versions; in a checkout nothing of them is published, and its own build and command are used. */
function packages({ output }: CommandContext): Pick<FolderChoice, 'runtime' | 'command'> {
  if (IS_BUILT) {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    return { runtime: `^${version}`, command: { range: `^${version}` } };
  }
  const built = join(ROOT, 'dist', 'npm');
  if (!existsSync(join(built, 'package.json')))
    output.note(`before npm install: npm --prefix ${ROOT} run build -- npm`);
  return { runtime: `file:${built}`, command: { path: join(ROOT, 'cli', 'bin', 'catnap') } };
}

/** What `npm test` needs where the machine's own Node is too old for it; undefined: it is not. Pure. @param root of the checkout */
export function olderNode(execPath: string, root: string): string | undefined {
  const bin = dirname(execPath);
  if (!bin.startsWith(join(root, '.toolchain', '/'))) return undefined;
  return `this machine's Node is older than 24, which npm test needs; the checkout has one: export PATH=${bin}:$PATH`;
}

function next(where: string, files: Readonly<Record<string, string>>): string {
  const made = Object.keys(files).map((path) => `  ${join(where, path)}`);
  const steps = [...(where === '.' ? [] : [`cd ${where}`]), 'npm install', 'npm test', 'npm run dev'];
  return ['made', ...made, 'next', ...steps.map((step) => `  ${step}`)].join('\n');
}
