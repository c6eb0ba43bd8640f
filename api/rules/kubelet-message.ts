/** What kubelet's sentences mean. Its reasons are one word for many causes; only the sentence beside it tells which. */

/** Something that a pod refers to is not there: waiting helps only once it was made. */
const MISSING = /\b(secret|configmap) "[^"]*" not found|couldn't find key|references non-existent/i;
/** It will be so at each try: what the image holds, or what the pod asks for. */
const PERMANENT =
  /runAsNonRoot|non-root policy|no command specified|executable file not found|no such file or directory|permission denied|exec format error|not a directory|invalid (fieldRef|environment|mount|argument|volume)/i;
/** The node or the API server was busy or away: kubelet tries again by itself. */
const TRANSIENT =
  /failed to sync \S+ cache|not registered|timed? ?out|deadline exceeded|context canceled|connection (refused|reset|lost)|too many requests|unavailable|i\/o|\bEOF\b|etcdserver|try again|internal error|status unknown for quota|TLS handshake|is reserved for/i;

/**
 * - `missing`: it names what has to be made first.
 * - `permanent`: the next try ends the same way.
 * - `transient`: the next try may well succeed.
 * - `unknown`: only time tells.
 */
export type MessageKind = 'missing' | 'permanent' | 'transient' | 'unknown';

/** Names that a user chose may stand in the message: what it says is missing counts before words that they may contain. */
export function messageKind(message: string): MessageKind {
  if (MISSING.test(message)) return 'missing';
  if (PERMANENT.test(message)) return 'permanent';
  return TRANSIENT.test(message) ? 'transient' : 'unknown';
}
