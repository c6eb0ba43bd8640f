// A whole Fastify app; docs/handlers/frameworks.md.
import fastify from 'fastify';

const app = fastify();
app.get<{ Params: { id: string } }>('/orders/:id', async (request) => ({ id: request.params.id }));
app.post('/orders', async (request, reply) => reply.code(201).send(request.body));

export default app;
