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

/** Header with the asker's own token: the API server's proxy keeps `Authorization` for itself. */
export const LOGS_TOKEN_HEADER = 'x-catnap-authorization';
