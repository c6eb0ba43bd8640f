/**
 * The shapes of other platforms. A file of its own in the image too, `platforms.mjs`: what the usual function does not
 * use is not even read at its start, which takes 3 ms of a processor's time.
 */
export { cloudEventInvoke } from './cloudevent.ts';
export { httpInvoke } from './http.ts';
export { lambdaInvoke } from './lambda.ts';
export { streamingLambdaInvoke } from './lambda-stream.ts';
export { workersInvoke } from './workers.ts';
