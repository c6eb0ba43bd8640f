import { join } from 'node:path';
import { freePort } from './free-port.ts';
import {
  activatorEnv,
  dispatcherEnv,
  logKeeperEnv,
  operatorEnv,
  type PlanePorts,
  type PlaneSettings,
} from './plane-env.ts';
import { type Env, type Inherited, type OwnProgram, program } from './programs.ts';
import { Supervised } from './supervised.ts';
import { untilAnswering } from './until-answering.ts';

interface ControlPlaneOptions extends PlaneSettings {
  inherited: Inherited;
  /** Where the programs' logs go. */
  logDir: string;
  from: 'source' | 'dist';
  /** 0: any free one. */
  gatewayPort: number;
  onExit?: (name: string, logFile: string) => void;
}

/** Operator, activator and, where they have a folder, log keeper and dispatcher, as processes on this machine, kept running. */
export class ControlPlane implements AsyncDisposable {
  /** `http://127.0.0.1:8080` */
  readonly gateway: string;
  readonly ports: PlanePorts;
  readonly #options: ControlPlaneOptions;
  #operator: Supervised | undefined;
  #activator: Supervised | undefined;
  #dispatcher: Supervised | undefined;
  readonly #logKeeper: Supervised | undefined;

  private constructor(options: ControlPlaneOptions, ports: PlanePorts) {
    this.#options = options;
    this.ports = ports;
    this.gateway = `http://127.0.0.1:${ports.gateway}`;
    this.startActivator();
    this.startOperator();
    this.startDispatcher();
    const keeper = logKeeperEnv(options, ports);
    this.#logKeeper = keeper === undefined ? undefined : this.#supervised('log-keeper', keeper);
  }

  /** Starts all; `ready` says when they answer. */
  static async start(options: ControlPlaneOptions): Promise<ControlPlane> {
    return new ControlPlane(options, {
      gateway: await freePort(options.gatewayPort),
      activatorOps: await freePort(),
      deliveries: await freePort(),
      operatorOps: await freePort(),
      logs: await freePort(),
      logsOps: await freePort(),
      intake: await freePort(),
      invocations: await freePort(),
      dispatcherOps: await freePort(),
    });
  }

  get activatorLog(): string {
    return this.#logFile('activator');
  }

  get dispatcherLog(): string {
    return this.#logFile('dispatcher');
  }

  /** Rejects when they are not ready before `signal`. */
  async ready(signal: AbortSignal): Promise<void> {
    const { activatorOps, operatorOps, logsOps, dispatcherOps } = this.ports;
    const ports = [activatorOps, operatorOps];
    if (this.#logKeeper !== undefined) ports.push(logsOps);
    if (this.#dispatcher !== undefined) ports.push(dispatcherOps);
    await Promise.all(ports.map((port) => untilAnswering(`http://127.0.0.1:${port}/readyz`, signal)));
  }

  get operator(): Supervised | undefined {
    return this.#operator;
  }

  get activator(): Supervised | undefined {
    return this.#activator;
  }

  get logKeeper(): Supervised | undefined {
    return this.#logKeeper;
  }

  startOperator(): void {
    this.#operator ??= this.#supervised('operator', operatorEnv(this.#options, this.ports));
  }

  async stopOperator(): Promise<void> {
    await this.#operator?.stop();
    this.#operator = undefined;
  }

  startActivator(): void {
    this.#activator ??= this.#supervised('activator', activatorEnv(this.#options, this.ports));
  }

  async stopActivator(): Promise<void> {
    await this.#activator?.stop();
    this.#activator = undefined;
  }

  /** Where work is kept. */
  startDispatcher(): void {
    const env = dispatcherEnv(this.#options, this.ports);
    if (env !== undefined) this.#dispatcher ??= this.#supervised('dispatcher', env);
  }

  async stopDispatcher(): Promise<void> {
    await this.#dispatcher?.stop();
    this.#dispatcher = undefined;
  }

  /** What begins work first, then the activator, which finishes what it holds. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopDispatcher();
    await this.stopActivator();
    await this.stopOperator();
    await this.#logKeeper?.stop();
  }

  #logFile(name: OwnProgram): string {
    return join(this.#options.logDir, `${name}.log`);
  }

  #supervised(name: OwnProgram, env: Env): Supervised {
    const logFile = this.#logFile(name);
    return new Supervised(program(name, this.#options.from, { ...this.#options.inherited, ...env }, logFile), () =>
      this.#options.onExit?.(name, logFile),
    );
  }
}
