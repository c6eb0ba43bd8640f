import type { Handler } from '../context.ts';
import type { Detected } from './detect.ts';
import { fetchInvoke } from './fetch.ts';
import type { Invoke, Tools } from './invoke.ts';
import { isStreaming } from './platform-globals.ts';

/** Makes a function of any shape callable. The code of a shape is evaluated only when a function has that shape. */
export async function adapt({ shape, call, self }: Detected, tools: Tools): Promise<Invoke> {
  // Without its object where it has none: `this` of an exported function is undefined.
  const bound = self === undefined ? call : call.bind(self);
  switch (shape) {
    case 'fetch':
      return fetchInvoke(bound as Handler);
    case 'workers':
      return (await import('./workers.ts')).workersInvoke(call, self, tools);
    case 'http':
      return (await import('./http.ts')).httpInvoke(bound, tools);
    case 'cloudevent':
      return (await import('./cloudevent.ts')).cloudEventInvoke(bound, call.length > 1);
    case 'lambda':
      return isStreaming(call)
        ? (await import('./lambda-stream.ts')).streamingLambdaInvoke(bound, tools)
        : (await import('./lambda.ts')).lambdaInvoke(bound, call.length, tools);
  }
}
