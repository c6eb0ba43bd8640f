import type { TransformCallback } from 'node:stream';
import type { Reply } from '../http/reply.ts';
import { errorOf } from '../telemetry/thrown-value.ts';
import type { Invoke, Tools, UserFunction } from './invoke.ts';
import { readEvent } from './lambda.ts';
import { type Done, lambdaContext } from './lambda-context.ts';
import { headersOfLambda, statusOfLambda } from './lambda-result.ts';
import { streamMetadata } from './platform-globals.ts';
import { refusalOf } from './refusal.ts';

const { PassThrough } = process.getBuiltinModule('node:stream');

/** What a function that streams writes its answer to. */
class ResponseStream extends PassThrough {
  /** Resolves with the first bytes or the end, rejects where neither comes. */
  readonly begun: Promise<void>;
  readonly #begun = Promise.withResolvers<void>();
  #contentType = 'application/octet-stream';

  constructor() {
    super();
    this.begun = this.#begun.promise;
    // The read throws it.
    this.on('error', () => undefined);
  }

  get contentType(): string {
    return this.#contentType;
  }
  setContentType(type: string): void {
    this.#contentType = type;
  }

  override _transform(chunk: unknown, _encoding: string, callback: TransformCallback): void {
    this.#begun.resolve();
    callback(null, chunk);
  }
  override _flush(callback: TransformCallback): void {
    this.#begun.resolve();
    callback();
  }
  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#begun.reject(error ?? new Error('the handler destroyed its response stream'));
    callback(error);
  }
}

/**
 * Lambda's `awslambda.streamifyResponse((event, responseStream, context) => …)`. The answer begins with the first bytes
 * and ends with the stream, be that before or after the promise that the function returned.
 */
export function streamingLambdaInvoke(call: UserFunction, tools: Tools): Invoke {
  return async (exchange, stopped, context) => {
    const prepared = await readEvent(exchange, tools).catch(refusalOf(exchange));
    if ('status' in prepared) return prepared;
    if (stopped.isStopped) return undefined;
    const stream = new ResponseStream();
    const failed = (err: unknown) => {
      // What a pipeline into it says of a stream that is broken already; why that is, is said where it is read.
      if (stream.destroyed && (err === stream.errored || isPrematureClose(err))) return;
      if (stream.destroyed || stream.writableFinished) tools.warn('handler failed after its answer was over', { err });
      else stream.destroy(errorOf(err));
    };
    const done: Done = (error) => (error === undefined || error === null ? stream.end() : failed(error));
    const lambda = lambdaContext(context, tools, stopped, done);
    const running = (async () => call(prepared.event, stream, lambda))().then(() => undefined, failed);
    context.waitUntil(running);
    await stream.begun;
    try {
      return replyOfStream(stream);
    } catch (error) {
      // A write to it would wait for a reader.
      stream.destroy();
      throw error;
    }
  };
}

/** What `pipeline` says of a stream that another has closed. */
function isPrematureClose(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE';
}

function replyOfStream(stream: ResponseStream): Reply {
  const metadata = streamMetadata(stream) ?? {};
  if (typeof metadata !== 'object') throw new TypeError('HttpResponseStream.from takes an object with a statusCode');
  const { statusCode = 200, ...rest } = metadata as { statusCode?: unknown };
  const headers = headersOfLambda(rest);
  if (!headers.some(([name]) => name === 'content-type')) headers.push(['content-type', stream.contentType]);
  return { status: statusOfLambda(statusCode), statusText: '', headers, body: stream };
}
