// A program that asks the API server as the service account it runs as, and tells what it is answered.
import { readFileSync } from 'node:fs';
import { request } from 'node:https';

const DIR = '/var/run/secrets/kubernetes.io/serviceaccount';
const [, , path] = process.argv;
const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env;
const read = (file) => readFileSync(`${DIR}/${file}`, 'utf8');
const headers = { authorization: `Bearer ${read('token')}` };
const options = { host, port, path: path.replace('{namespace}', read('namespace')), ca: read('ca.crt'), headers };
request(options, async (answer) => {
  console.log(answer.statusCode, (await answer.toArray()).join(''));
}).end();
