import { EXPRESS } from './express.ts';
import { HELLO } from './hello.ts';
import { HONO } from './hono.ts';
import { LAMBDA } from './lambda.ts';
import type { Template, TemplateName } from './template.ts';
import { WEBHOOK } from './webhook.ts';
import { WORKER } from './worker.ts';

/** By name. */
export const TEMPLATES: Readonly<Record<TemplateName, Template>> = {
  hello: HELLO,
  hono: HONO,
  webhook: WEBHOOK,
  worker: WORKER,
  lambda: LAMBDA,
  express: EXPRESS,
};
