import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../local/run/free-port.ts';
import { DevProcess, Folders } from '../support/dev-process.ts';
import { within } from './bar.ts';
import { quantity, type Section } from './report.ts';
import { median, percentile } from './statistics.ts';

/** From the save to the answer of the new code, in milliseconds. */
const BARS = { median: 350, p95: 700 };
/** Of the median beside that of a restart by `node --watch`. */
const BESIDE_WATCH = { times: 1.5, plusMs: 150 };
/** People do not save more often: what the save before set in motion is over. */
const BETWEEN_SAVES_MS = 700;
const LONGEST_MS = 10_000;

/** Something that answers with what was saved. */
interface Watched {
  save: (text: string) => Promise<void>;
  ask: () => Promise<{ status: number; text: string }>;
}

/**
 * From the save of a file to the first answer of its new code: of a function by `catnap dev`, in turn with a server of Node's
 * that `node --watch` starts anew. Both are asked without a pause meanwhile.
 */
export async function dev(saves: number): Promise<Section> {
  await using folders = await Folders.create();
  await using process = await startDev(folders);
  const gateway = await process.gateway();
  using watch = await startWatch(folders);
  const port = new URL(gateway).port;
  const ours: Watched = {
    save: (text) => folders.write({ 'saved/index.ts': `export default () => '${text}';\n` }),
    ask: asker(gateway, `saved.default.localhost:${port}`),
  };
  const took = { dev: [] as number[], watch: [] as number[] };
  let failed = 0;
  for (let save = 1; save <= saves; save += 1) {
    await sleep(BETWEEN_SAVES_MS);
    const one = await savedMs(ours, `save ${save}`);
    took.dev.push(one.ms);
    failed += one.failed;
    await sleep(BETWEEN_SAVES_MS);
    took.watch.push((await savedMs(watch, `save ${save}`)).ms);
  }
  return section(took, failed, saves);
}

function section(took: { dev: number[]; watch: number[] }, failed: number, saves: number): Section {
  const row = (name: string, ms: number[]) => ({
    name,
    cells: [median(ms), percentile(ms, 95)].map((one) => quantity(one, 'ms')),
  });
  const measured = { figure: median(took.dev), baseline: median(took.watch), unit: 'ms' };
  const { times, plusMs } = BESIDE_WATCH;
  return {
    title: `From a save to the answer of the new code, ${saves} saves in turn with the baseline`,
    columns: ['median', 'p95'],
    rows: [row('a function, by catnap dev', took.dev), row('a server, by node --watch', took.watch)],
    bars: [
      within('save to answer, median', measured, BARS.median),
      within('save to answer, p95', { figure: percentile(took.dev, 95), unit: 'ms' }, BARS.p95),
      within('beside node --watch', measured, times * measured.baseline + plusMs),
      within('failed requests meanwhile', { figure: failed, unit: '' }, 0),
    ],
    notes: [`the bar beside node --watch is ${times} x its median and ${plusMs} ms`],
    figures: { devMs: took.dev, watchMs: took.watch, failed },
  };
}

async function savedMs({ save, ask }: Watched, text: string): Promise<{ ms: number; failed: number }> {
  let failed = 0;
  const savedAtMs = performance.now();
  await save(text);
  while (performance.now() - savedAtMs < LONGEST_MS) {
    const answer = await ask();
    if (answer.text === text) return { ms: performance.now() - savedAtMs, failed };
    if (answer.status !== 200) failed += 1;
    await sleep(1);
  }
  throw new Error(`"${text}" does not answer within ${LONGEST_MS} ms`);
}

async function startDev(folders: Folders): Promise<DevProcess> {
  await folders.write({ 'saved/index.ts': "export default () => 'save 0';\n" });
  const process = DevProcess.start(folders.path, ['saved', '--no-types']);
  await process.answers('saved', 'save 0');
  return process;
}

async function startWatch(folders: Folders): Promise<Watched & Disposable> {
  const port = await freePort();
  const save = (text: string) =>
    folders.write({
      'watched.mjs': `import { createServer } from 'node:http';\ncreateServer((_, response) => response.end('${text}')).listen(${port}, '127.0.0.1');\n`,
    });
  await save('save 0');
  const child: ChildProcess = spawn(process.execPath, ['--watch', join(folders.path, 'watched.mjs')], {
    stdio: 'ignore',
  });
  await once(child, 'spawn');
  const ask = asker(`http://127.0.0.1:${port}`, `127.0.0.1:${port}`);
  while ((await ask()).text !== 'save 0') await sleep(10);
  return { save, ask, [Symbol.dispose]: () => child.kill() };
}

function asker(url: string, host: string): Watched['ask'] {
  const agent = new Agent({ keepAlive: true });
  return () =>
    new Promise((resolve) => {
      const fail = (error: Error) => resolve({ status: 0, text: error.message });
      const request = get(url, { agent, headers: { host } }, (response) => {
        let text = '';
        response.on('data', (data) => {
          text += data;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
        response.on('error', fail);
      });
      request.on('error', fail);
    });
}
