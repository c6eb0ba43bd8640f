import type { IncomingMessage, ServerResponse } from 'node:http';
import { LIVE_PATH, READY_PATH } from '../../api/names.ts';
import { LOADING_WAIT_MS } from './dispatcher.ts';
import type { ReplicaStage, Stage } from './stage.ts';

/** What the probes say. */
export interface ProbeSources {
  stage: ReplicaStage;
  /** Of the pod; what the ready probe answers with. */
  podUid: string;
}

/** Answers a request for an internal path: a probe, or 404. The ready probe waits for the module, half a second at most. */
export async function answerProbe(
  message: IncomingMessage,
  response: ServerResponse,
  { stage, podUid }: ProbeSources,
): Promise<void> {
  const path = message.url ?? '/';
  const isRead = message.method === 'GET' || message.method === 'HEAD';
  if (path === READY_PATH && isRead) await stage.loaded(LOADING_WAIT_MS);
  const [status, text] = isRead ? answerOf(path, stage.current, podUid) : NOT_FOUND;
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
  message.resume();
}

const NOT_FOUND = [404, 'not found'] as const;

function answerOf(path: string, stage: Stage, podUid: string): readonly [status: number, text: string] {
  // That it is answered at all is the answer: a main loop that never comes back from a handler cannot.
  if (path === LIVE_PATH) return [200, stage];
  if (path !== READY_PATH) return NOT_FOUND;
  return stage === 'ready' ? [200, podUid] : [503, stage];
}
