// A whole Express app; docs/handlers/frameworks.md.
import express from 'express';

const app = express();
app.use(express.json());
app.get('/orders/:id', (request, response) => {
  response.json({ id: request.params.id });
});
app.post('/orders', (request, response) => {
  response.status(201).json(request.body);
});

export default app;
