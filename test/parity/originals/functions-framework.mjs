// The Functions Framework with the handlers of a file: `node functions-framework.mjs <file> http|cloudevent`. Prints its port.
import { readFileSync } from 'node:fs';
import { cloudEvent, http } from '@google-cloud/functions-framework';
import { getTestServer } from '@google-cloud/functions-framework/testing';

const [file, signature] = process.argv.slice(2);
const handlers = new Function(`${readFileSync(file, 'utf8')} return handlers;`)();
if (signature === 'http') http('entry', (req, res) => handlers[req.headers['x-row']](req, res));
else cloudEvent('entry', (event) => handlers[event.row](event));
// What a row's handler throws ends its request, not the others'.
process.on('uncaughtException', () => {});
console.error = () => {};
const server = getTestServer('entry').listen(0, '127.0.0.1', () => console.log(server.address().port));
