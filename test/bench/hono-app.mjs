// An app that says hello, for whatever runs it.
import { Hono } from 'hono';

export const app = new Hono();
app.get('/', (context) => context.text('hello'));

export default app;
