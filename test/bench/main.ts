import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import type { Deployed } from '../support/deployed.ts';
import { deployLocal } from '../support/deployed-local.ts';
import { GatewayClient } from '../support/gateway.ts';
import { HELLO, manifest } from '../support/manifest.ts';
import { World } from '../support/world.ts';
import { coldStart } from './cold-start.ts';
import { memory } from './memory.ts';
import { type Report, text } from './report.ts';
import { throughput } from './throughput.ts';

/** `npm run bench [-- --json] [--rounds 20] [--seconds 5] [--starts 3] [--idle 30]`: what a user waits for, beside its baselines, in one run. */
const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    /** Of the cold start. */
    rounds: { type: 'string', default: '20' },
    /** Of each load. */
    seconds: { type: 'string', default: '5' },
    /** Of each process whose memory is measured. */
    starts: { type: 'string', default: '3' },
    /** Seconds that it does nothing before. */
    idle: { type: 'string', default: '30' },
  },
});

const report: Report = {
  machine: { cpus: availableParallelism(), node: process.version },
  ...(await speed(Number(values.rounds), Number(values.seconds))),
  memory: await withSystem((system, world) =>
    memory(system, world, { starts: Number(values.starts), idleSeconds: Number(values.idle) }),
  ),
};
console.log(values.json ? JSON.stringify(report) : text(report));

function speed(rounds: number, seconds: number): Promise<Pick<Report, 'coldStart' | 'throughput'>> {
  return withSystem(async (system, world) => {
    const sleepy = { scaling: { idleSeconds: 600 } };
    const url = await world.deploy(manifest(world.namespace, 'hello', HELLO, sleepy));
    const podRunner = system.podRunner?.pid();
    if (podRunner === undefined) throw new Error('the pod runner does not run');
    return {
      coldStart: await coldStart({ world, name: 'hello', url, podRunner }, rounds),
      throughput: await throughput(world, 'hello', url, 3, seconds),
    };
  });
}

/** A Catnap of its own, with the programs as they are in the images. */
async function withSystem<T>(measure: (system: Deployed, world: World) => Promise<T>): Promise<T> {
  await using system = await deployLocal();
  await using gateway = new GatewayClient(system.gateway);
  await using world = await World.create(system.kube, gateway);
  return await measure(system, world);
}
