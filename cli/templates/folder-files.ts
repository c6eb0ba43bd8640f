import type { Template } from './template.ts';
import { type KnownPackage, VERSIONS } from './versions.ts';

export interface FolderChoice {
  template: Template;
  /** Of the package and of the function. */
  name: string;
  /** How package.json asks for `@catnap/runtime`: a range, or `file:` and a folder. */
  runtime: string;
  /** A range of the package `catnap`, or the path of a checkout's command. */
  command: { range: string } | { path: string };
}

/** With a pattern a Node that is too old fails; without one it finds no file of TypeScript, and passes. */
const TEST = 'node --test "src/**/*.test.ts"';

/** Where a name stands in a template. */
const NAME = /\bNAME\b/g;

/** All files of the folder by their paths. Pure. */
export function folderFiles(choice: FolderChoice): Record<string, string> {
  const { template, name } = choice;
  const own = Object.entries(template.files).map(
    ([path, text]) => [path.replaceAll(NAME, name), text.replaceAll(NAME, name)] as const,
  );
  return {
    'package.json': `${JSON.stringify(packageJson(choice), null, 2)}\n`,
    'tsconfig.json': `${JSON.stringify(TSCONFIG, null, 2)}\n`,
    '.gitignore': 'node_modules/\n.env\n.env.local\n.secrets/\n',
    'README.md': readme(template, name),
    ...Object.fromEntries(own),
  };
}

function packageJson({ template, name, runtime, command }: FolderChoice): object {
  const own = versionsOf(['typescript', '@types/node', ...template.devDependencies]);
  const tools = { '@catnap/runtime': runtime, ...('range' in command && { catnap: command.range }) };
  const catnap = 'range' in command ? 'catnap' : quoted(command.path);
  const dependencies = versionsOf(template.dependencies);
  return {
    name,
    private: true,
    type: 'module',
    engines: { node: '>=24' },
    scripts: { dev: `${catnap} dev`, deploy: `${catnap} deploy`, test: TEST, types: 'tsc' },
    ...(Object.keys(dependencies).length > 0 && { dependencies }),
    devDependencies: sorted({ ...own, ...tools }),
  };
}

/** As one word of a shell. */
function quoted(path: string): string {
  return /^[\w./@+-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}

function versionsOf(names: readonly KnownPackage[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, VERSIONS[name]]));
}

/** As npm writes them. */
function sorted(versions: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(versions).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** What Node runs as it stands: types are left out, nothing is compiled. */
const TSCONFIG = {
  compilerOptions: {
    noEmit: true,
    strict: true,
    target: 'esnext',
    module: 'nodenext',
    types: ['node'],
    allowImportingTsExtensions: true,
    verbatimModuleSyntax: true,
    erasableSyntaxOnly: true,
    skipLibCheck: true,
  },
  include: ['src'],
};

function readme({ description, call, before = [] }: Template, name: string): string {
  return `# ${name}

A function for Catnap: ${description}.

    npm install
    npm test             # and npm run types
    npm run dev          # on this machine, anew with every change
    npm run deploy       # to the cluster of your kubeconfig
    URL=$(kubectl get fn ${name} -o jsonpath='{.status.url}')
    ${call}
${before.length === 0 ? '' : `\n${before.join('\n').replaceAll(NAME, name)}\n`}`;
}
