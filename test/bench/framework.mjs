// The Functions Framework with a function that says hello. `node framework.mjs <host> <port>`. Its server is the one that
// its own program starts, but on one address.
import { http } from '@google-cloud/functions-framework';
import { getTestServer } from '@google-cloud/functions-framework/testing';

http('hello', (_request, response) => response.send('hello'));
getTestServer('hello').listen(Number(process.argv[3]), process.argv[2]);
