import { basename, join } from 'node:path';
import type { Project } from '../project/project.ts';
import { readProject } from '../project/read-project.ts';
import type { DevCluster } from './dev-cluster.ts';
import { DevFunction, problemText } from './dev-function.ts';
import { ENV_FILES, readEnvFiles } from './env-files.ts';
import { FolderSecrets } from './folder-secrets.ts';
import { FolderWatch } from './folder-watch.ts';
import { SaveQueue } from './save-queue.ts';
import { readSecretFiles, SECRET_FOLDER } from './secret-files.ts';

interface DevFolderOptions {
  cluster: DevCluster;
  /** As the command line names it; undefined: the folder's own, or the cluster's. */
  namespace: string | undefined;
  inspect: boolean;
  /** @param name of a function with its namespace, or of a folder */
  say: (name: string, text: string, isBad?: boolean) => void;
  /** Called after what was saved, and what was there at first, is on its way. */
  onSaved: () => void;
  signal: AbortSignal;
}

/** Files that say what functions there are, or how they are compiled, whether or not they are there now. */
const SETTINGS = /^(catnap\.(ya?ml|config\.[cm]?[jt]s)|package\.json|tsconfig.*\.json)$/;

/** A folder whose functions follow what is saved in it. */
export class DevFolder implements AsyncDisposable {
  readonly #options: DevFolderOptions;
  readonly #queue: SaveQueue;
  readonly #secrets = new FolderSecrets();
  readonly #functions = new Map<string, DevFunction>();
  #project: Project;
  #watch: FolderWatch | undefined;
  #savedMs = performance.now();
  /** The last build failed: a file that it lacked may come anywhere. */
  #hasFailed = false;
  #refused = '';

  constructor(project: Project, options: DevFolderOptions) {
    this.#project = project;
    this.#options = options;
    this.#queue = new SaveQueue(
      (changed) => this.#update(changed).finally(options.onSaved),
      (error) => this.#fail(error),
    );
  }

  /** Deploys its functions for the first time, and again after each save. */
  async start(): Promise<void> {
    this.#watch = await FolderWatch.start(this.#project.folder, (path) => this.#changed(path));
    await this.#update(new Set()).catch((error) => this.#fail(error));
    this.#options.onSaved();
  }

  get path(): string {
    return this.#project.folder;
  }

  /** Names of its functions, and the namespace of them all. */
  get functions(): { namespace: string; names: string[] } {
    return { namespace: this.#namespace, names: this.#project.functions.map(({ name }) => name) };
  }

  /** Follows nothing any more; what was deployed stays. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#watch?.[Symbol.asyncDispose]();
    await this.#queue[Symbol.asyncDispose]();
  }

  /** Takes all its functions from the cluster; one that stays is told, and keeps none of the others there. */
  async remove(): Promise<void> {
    for (const [name, fn] of this.#functions)
      await fn.remove().catch((error) => {
        const text = `it is still in the cluster: ${problemText(error)}`;
        this.#options.say(`${name}.${this.#namespace}`, text, true);
      });
  }

  get #namespace(): string {
    return this.#options.namespace ?? this.#project.namespace ?? this.#options.cluster.namespace;
  }

  #changed(path: string): void {
    if (!this.#hasFailed && !this.#matters(path)) return;
    this.#savedMs = performance.now();
    this.#queue.add(path);
  }

  #matters(path: string): boolean {
    const name = basename(path);
    if (SETTINGS.test(name) || this.#project.files.includes(path)) return true;
    if (path.startsWith(join(this.#project.folder, SECRET_FOLDER, '/'))) return true;
    if (ENV_FILES.some((file) => path === join(this.#project.folder, file))) return true;
    return this.#functions.values().some(({ inputs }) => inputs.has(path));
  }

  async #update(changed: ReadonlySet<string>): Promise<void> {
    const { folder } = this.#project;
    const sinceMs = this.#savedMs;
    if ([...changed].some((path) => SETTINGS.test(basename(path)) || this.#project.files.includes(path)))
      this.#project = await readProject(folder, { command: 'dev' }, this.#options.signal);
    const { variables, refused } = await readEnvFiles(folder);
    this.#tellRefused(refused);
    const beforeWrite = await this.#secretsToWrite(folder);
    this.#hasFailed = false;
    await this.#removeOthers();
    for (const one of this.#project.functions) {
      const fn = this.#functionOf(one.name);
      const given = { variables, beforeWrite, sinceMs, signal: this.#options.signal };
      await fn.update(this.#project, one, given).catch((error) => this.#fail(error, one.name));
      this.#watch?.add(fn.inputs);
    }
    this.#watch?.add(this.#project.files);
  }

  /** @returns what makes the Secrets of the folder's files, in a cluster that ends with the command. */
  async #secretsToWrite(folder: string): Promise<() => Promise<void>> {
    const { cluster, say, signal } = this.#options;
    if (!cluster.isTemporary) return async () => undefined;
    const secrets = await readSecretFiles(folder);
    return async () => {
      const made = await this.#secrets.write(cluster.kube, { secrets, namespace: this.#namespace }, signal);
      if (made.length > 0) say(SECRET_FOLDER, `Secrets are made: ${made.join(', ')}`);
    };
  }

  #functionOf(name: string): DevFunction {
    const known = this.#functions.get(name);
    if (known !== undefined) return known;
    const { cluster, inspect, say } = this.#options;
    const namespace = this.#namespace;
    const shown = `${name}.${namespace}`;
    const fn = new DevFunction({ cluster, namespace, name, inspect, say: (text, isBad) => say(shown, text, isBad) });
    this.#functions.set(name, fn);
    return fn;
  }

  /** Those that the settings no longer name. */
  async #removeOthers(): Promise<void> {
    const named = new Set(this.#project.functions.map(({ name }) => name));
    for (const [name, fn] of this.#functions) {
      if (named.has(name)) continue;
      await fn.remove();
      this.#functions.delete(name);
      this.#options.say(`${name}.${this.#namespace}`, 'removed: the settings name it no more');
    }
  }

  #fail(error: unknown, name?: string): void {
    if (this.#options.signal.aborted) return;
    this.#hasFailed = true;
    const own = name === undefined ? basename(this.#project.folder) : `${name}.${this.#namespace}`;
    this.#options.say(own, problemText(error), true);
  }

  #tellRefused(refused: readonly string[]): void {
    const text = refused.join('\n');
    if (text !== '' && text !== this.#refused) this.#options.say(ENV_FILES.join(', '), text, true);
    this.#refused = text;
  }
}
