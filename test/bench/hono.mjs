// Hono's server for Node with an app that says hello. `node hono.mjs <host> <port>`.
import { serve } from '@hono/node-server';
import { app } from './hono-app.mjs';

serve({ fetch: app.fetch, hostname: process.argv[2], port: Number(process.argv[3]) });
