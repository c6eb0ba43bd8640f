import { KubeError } from '#platform/kube/error.ts';
import { buildFunction } from '../build/build-function.ts';
import { CommandError } from '../command-line/command-error.ts';
import { manifestsOf } from '../manifest/function-manifest.ts';
import type { Project, ProjectFunction } from '../project/project.ts';
import type { DevCluster } from './dev-cluster.ts';
import { DevDeploy } from './dev-deploy.ts';
import { withVariables } from './env-files.ts';
import { withFileUrls } from './inspected-map.ts';
import { inspectedSpec } from './inspected-spec.ts';
import { SECRET_FOLDER } from './secret-files.ts';

interface DevFunctionOptions {
  cluster: DevCluster;
  namespace: string;
  name: string;
  /** It runs under Node's inspector. */
  inspect: boolean;
  say: (text: string, isBad?: boolean) => void;
}

interface Update {
  variables: Record<string, string>;
  beforeWrite: () => Promise<void>;
  sinceMs: number;
  signal: AbortSignal;
}

const SECRET_HERE = `Here, a file ${SECRET_FOLDER}/<Secret>/<key> in the folder is one. Keep it out of git.`;

/** A function that is built and deployed again and again. */
export class DevFunction {
  readonly #options: DevFunctionOptions;
  readonly #deploy: DevDeploy;
  /** Ends the wait for what became of the change before. */
  #waiting = new AbortController();
  #url: string | undefined;
  #isChecked = false;
  /** Absolute paths of what went into it. */
  inputs: ReadonlySet<string> = new Set();

  constructor(options: DevFunctionOptions) {
    this.#options = options;
    this.#deploy = new DevDeploy(options.cluster.kube, options);
  }

  /**
   * Builds and writes it. Throws a CommandError where it does not compile: what was there before stays.
   * @param variables of the folder's files
   * @param beforeWrite called once the namespace is there
   * @param sinceMs when it was saved, on the clock of `performance.now`
   */
  async update(
    project: Project,
    fn: ProjectFunction,
    { variables, beforeWrite, sinceMs, signal }: Update,
  ): Promise<void> {
    const { cluster, namespace, inspect, say } = this.#options;
    const built = await this.#build(project, fn);
    const spec = { ...fn.spec, env: withVariables(fn.spec.env, variables) };
    const wanted = { ...fn, spec: inspect && built !== undefined ? inspectedSpec(spec) : spec };
    const manifests = manifestsOf(wanted, built, { project: project.name, namespace });
    if (!this.#isChecked) {
      if (cluster.isTemporary) await this.#deploy.ensureNamespace(signal);
      await this.#deploy.requireOwn(signal);
      this.#isChecked = true;
    }
    await beforeWrite();
    const generation = await this.#deploy.write(manifests, signal);
    if (generation === undefined) return;
    this.#waiting.abort();
    this.#waiting = new AbortController();
    const waiting = AbortSignal.any([signal, this.#waiting.signal]);
    void this.#tell(generation, sinceMs, waiting)
      .then((answers) => (answers ? this.#deploy.tidy(manifests, waiting) : undefined))
      .catch((error: Error) => waiting.aborted || say(error.message, true));
  }

  /** Takes it from the cluster. */
  async remove(): Promise<void> {
    this.#waiting.abort();
    await this.#deploy.remove();
  }

  async #build(project: Project, { entry, build }: ProjectFunction) {
    if (entry === undefined) return undefined;
    const settings = { ...build, minify: build.minify ?? false };
    const built = await buildFunction({ folder: project.folder, entry, settings });
    this.inputs = new Set(built.inputs);
    for (const warning of built.warnings) this.#options.say(warning);
    return this.#options.inspect ? withFileUrls(built, project.folder) : built;
  }

  /** Whether it answers. */
  async #tell(generation: number, sinceMs: number, signal: AbortSignal): Promise<boolean> {
    const { say } = this.#options;
    const verdict = await this.#deploy.verdict(generation, signal);
    if (verdict.kind === 'failed') {
      const secretHere =
        verdict.reason === 'SecretNotFound' && this.#options.cluster.isTemporary ? `\n${SECRET_HERE}` : '';
      say(`${verdict.message}${secretHere}${verdict.goesOn ? '\nThe version before goes on.' : ''}`, true);
      return false;
    }
    const isNew = this.#url !== verdict.url;
    this.#url = verdict.url;
    const tookMs = Math.round(performance.now() - sinceMs);
    say(isNew ? `answers at ${verdict.url} (${tookMs} ms)` : `the new version answers (${tookMs} ms)`);
    return true;
  }
}

/** What is shown of an error: a sentence where it is the user's to mend, or the cluster's own. */
export function problemText(error: unknown): string {
  if (error instanceof CommandError || error instanceof KubeError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
