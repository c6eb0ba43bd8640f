import { constants, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TlsPair } from '#platform/process/tls-files.ts';
import { connectionOf } from './client-connection.ts';
import { FIELDS_MAX } from './validate-request.ts';

/** How long clients may take, in milliseconds. There is no limit on a whole request: a stream may take for ever. */
export interface ClientLimits {
  /** From the first byte of a request, or from the connection's begin, to the end of its head. */
  headMs: number;
  /** TCP and TLS: from the connection's begin to the end of the handshake. */
  handshakeMs: number;
  /** Between two requests of a connection. Proxies keep theirs for a minute: they are to end them, not we under them. */
  idleMs: number;
  /** Between two pieces of a body that is wanted, or of an answer that waits to be read; nginx has the same minute. */
  stallMs: number;
  /** How often these limits are looked at, and by how much they may be passed. */
  lookMs: number;
}

export const CLIENT_LIMITS: ClientLimits = {
  headMs: 15_000,
  handshakeMs: 15_000,
  idleMs: 75_000,
  stallMs: 60_000,
  lookMs: 5_000,
};

/** Target and fields of a request together: cookies and tokens outgrow Node's 16 KiB. */
const HEAD_MAX_BYTES = 65_536;
/** TCP keep-alive: a connection that is silent for so long is probed. */
const PEER_CHECK_MS = 60_000;
/** What Node takes: a name, a key of HMAC and one of AES. */
const TICKET_KEY_BYTES = 48;

function optionsFor(limits: ClientLimits): ServerOptions {
  return {
    keepAliveTimeout: limits.idleMs,
    headersTimeout: limits.headMs,
    requestTimeout: 0,
    connectionsCheckingInterval: limits.lookMs,
    noDelay: true,
    // TCP keep-alive: a client whose host vanished would keep its function from scaling to zero.
    keepAlive: true,
    keepAliveInitialDelay: PEER_CHECK_MS,
    maxHeaderSize: HEAD_MAX_BYTES,
    optimizeEmptyRequests: true,
    // Answered as all other faults are.
    requireHostHeader: false,
    shouldUpgradeCallback: maySwitch,
  };
}

/** A server of HTTP/1.1 with the gateway's limits. */
export function plainServer(limits = CLIENT_LIMITS): Server {
  return limitFields(createServer(optionsFor(limits)));
}

/** The same over TLS 1.2 or later. Its `setSecureContext` takes effect with the next connection. */
export function tlsServer(pair: TlsPair, limits = CLIENT_LIMITS): TlsServer {
  const handshake = { handshakeTimeout: limits.handshakeMs };
  // A client without a certificate, or with one that is not good, is let in still: which function it asks for is not known yet.
  const asks = { requestCert: pair.clientCa !== undefined, rejectUnauthorized: false };
  return limitFields(createTlsServer({ ...optionsFor(limits), ...handshake, ...asks, ...secureContext(pair) }));
}

/**
 * Options of a TLS server for a certificate. By ALPN, the handshake fails for a client that speaks HTTP/2 alone. A session that
 * is resumed keeps what its first handshake found of the client's certificate: so each context has ticket keys of its own, and
 * takes up no session of the one before. Nor can a client show another certificate later, by renegotiation.
 */
export function secureContext({ cert, key, clientCa }: TlsPair) {
  return {
    cert,
    key,
    ...(clientCa !== undefined && { ca: clientCa }),
    ticketKeys: randomBytes(TICKET_KEY_BYTES),
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['http/1.1'],
  } as const;
}

/** Resolves with the port. */
export function listenOn(server: Server | TlsServer, port: number, host: string | undefined): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** One more than is allowed is kept, so that it shows. */
function limitFields<T extends Server>(server: T): T {
  server.maxHeadersCount = FIELDS_MAX + 1;
  return server;
}

/** One that is not HTTP is refused, not switched; behind an upgrade nothing looks at the protocol's name any more. */
function maySwitch(request: IncomingMessage): boolean {
  return isWithoutBody(request) && connectionOf(request.socket)?.faultOfProtocol(request) === undefined;
}

/**
 * The parser stops behind each request that asks for an upgrade, whatever is returned here; true: it hands over what
 * comes behind it, which it cannot do for a request with a body.
 */
function isWithoutBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] === undefined && /^0*$/.test(headers['content-length'] ?? '');
}
