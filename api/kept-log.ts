/** What the log keeper answers, and where: for it and for those that ask it. */

/** One line of what it sends (NDJSON). An empty line says only that it is still there. */
export interface KeptLine {
  /** When it was written: RFC 3339 in UTC with nine digits of a second. */
  time: string;
  pod: string;
  /** The revision's name. */
  revision: string;
  container: string;
  /** What the container wrote. Absent: there is a notice. */
  line?: string;
  /** Of the keeper, about lines that are not here. */
  notice?: string;
  /** Place after this line: `after` goes on there. Means nothing to anyone else. */
  id: string;
}

/** Its Service in the system namespace, and the port's name, as the chart names them for a release called catnap. */
export const LOGS_SERVICE = 'catnap-logs';
export const LOGS_PORT_NAME = 'http';
/** Service account that may read all functions' logs; for administrators whose credentials are no token. */
export const LOGS_READER = 'catnap-logs-reader';

/** `/v1/namespaces/shop/functions/orders/logs` */
export function keptLogPath({ namespace, name }: { namespace: string; name: string }): string {
  return `/v1/namespaces/${encodeURIComponent(namespace)}/functions/${encodeURIComponent(name)}/logs`;
}

/** Whether a line is of the request with this id: those of the runtime have it as a field; of an image's own lines those count that name it. */
export function isOfRequest(text: string, id: string): boolean {
  if (!text.includes(id)) return false;
  try {
    const fields = JSON.parse(text) as { requestId?: unknown } | null;
    return fields?.requestId === undefined || fields.requestId === id;
  } catch {
    return true; // text
  }
}
