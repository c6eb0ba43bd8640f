import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { deployLocal } from '../support/deployed-local.ts';
import { GatewayClient } from '../support/gateway.ts';
import { HELLO, manifest } from '../support/manifest.ts';
import { World } from '../support/world.ts';
import { coldStart } from './cold-start.ts';
import { type Report, text } from './report.ts';
import { throughput } from './throughput.ts';

/** `npm run bench [-- --json] [--rounds 20] [--seconds 5]`: what a user waits for, beside its baselines, in one run. */
const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    /** Of the cold start. */
    rounds: { type: 'string', default: '20' },
    /** Of each load. */
    seconds: { type: 'string', default: '5' },
  },
});

const report = await measure(Number(values.rounds), Number(values.seconds));
console.log(values.json ? JSON.stringify(report) : text(report));

async function measure(rounds: number, seconds: number): Promise<Report> {
  await using system = await deployLocal();
  await using gateway = new GatewayClient(system.gateway);
  await using world = await World.create(system.kube, gateway);
  const sleepy = { scaling: { idleSeconds: 600 } };
  const url = await world.deploy(manifest(world.namespace, 'hello', HELLO, sleepy));
  const podRunner = system.podRunner?.pid();
  if (podRunner === undefined) throw new Error('the pod runner does not run');
  return {
    machine: { cpus: availableParallelism(), node: process.version },
    coldStart: await coldStart({ world, name: 'hello', url, podRunner }, rounds),
    throughput: await throughput(world, 'hello', url, 3, seconds),
  };
}
