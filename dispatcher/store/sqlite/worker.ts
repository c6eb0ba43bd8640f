import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { serveWorker } from './serve-worker.ts';
import type { WorkerData } from './worker-messages.ts';

serveWorker(parentPort as MessagePort, workerData as WorkerData);
