/** A thread that sends requests at a constant rate, so that it does not hold up what the test itself asks. */
import { parentPort, workerData } from 'node:worker_threads';
import { type PacedLoad, sendPaced } from '../support/paced-load.ts';

const { loads, seconds } = workerData as { loads: PacedLoad[]; seconds: number };
parentPort?.postMessage(await sendPaced(loads, seconds));
