import { type Replica, replicaOf } from '../../runtime-image/testing/replica.ts';
import { handlersOf, type Table } from './rows.ts';

/** How the one handler of a signature finds that of its row. */
const ENTRIES: Readonly<Record<Table['signature'], string>> = {
  http: "export default (req, res) => handlers[req.headers['x-row']](req, res);",
  cloudevent: 'export default (event) => handlers[event.row](event);',
  lambda: "export const handler = (...all) => handlers[all[0].headers['x-row']](...all);",
  fetch: "export default (request, context) => handlers[request.headers.get('x-row')](request, context);",
};

/** Starts this runtime with the handlers of `table`. */
export function startOurs(table: Table): Promise<Replica> {
  // The source is TypeScript, and handlers of rows say nothing of types.
  const source = `// @ts-nocheck\n${handlersOf(table)}\n${ENTRIES[table.signature]}`;
  return replicaOf(source, { CATNAP_SIGNATURE: table.signature, CATNAP_TIMEOUT_SECONDS: '5' });
}
