import type { Handler } from '../call/context.ts';
import type { Detected } from './detect.ts';
import { fetchInvoke } from './fetch.ts';
import type { Invoke, Tools } from './invoke.ts';
import { mayCallBack } from './parameters.ts';
import { isStreaming } from './platform-globals.ts';

/** Makes a function of any shape callable. */
export async function adapt({ shape, call, self }: Detected, tools: Tools): Promise<Invoke> {
  // Without its object where it has none: `this` of an exported function is undefined.
  const bound = self === undefined ? call : call.bind(self);
  if (shape === 'fetch') return fetchInvoke(bound as Handler);
  const platforms = await import('./platforms.ts');
  switch (shape) {
    case 'workers':
      return platforms.workersInvoke(call, self, tools);
    case 'http':
      return platforms.httpInvoke(bound, tools);
    case 'cloudevent':
      return platforms.cloudEventInvoke(bound, call.length > 1);
    case 'lambda':
      return isStreaming(call)
        ? platforms.streamingLambdaInvoke(bound, tools)
        : platforms.lambdaInvoke(bound, mayCallBack(call), tools);
  }
}
