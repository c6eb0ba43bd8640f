import { createServer, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TlsPair } from '#platform/tls-files.ts';

/** Idle connections of clients and of proxies before us, which keep theirs for a minute, end from their side. */
const KEEP_ALIVE_MS = 75_000;
const HEADERS_MS = 15_000;
const HANDSHAKE_MS = 15_000;
/** Name and value of all headers of a request together: cookies and tokens outgrow Node's 16 KiB. */
const HEAD_MAX_BYTES = 65_536;
/** A connection that is silent for so long is asked by TCP whether its client is still there. */
const PEER_CHECK_MS = 60_000;

const OPTIONS: ServerOptions = {
  keepAliveTimeout: KEEP_ALIVE_MS,
  headersTimeout: HEADERS_MS,
  // A stream may be sent for as long as it takes.
  requestTimeout: 0,
  noDelay: true,
  // A client that vanished without a word would keep its function awake for ever.
  keepAlive: true,
  keepAliveInitialDelay: PEER_CHECK_MS,
  maxHeaderSize: HEAD_MAX_BYTES,
  optimizeEmptyRequests: true,
  shouldUpgradeCallback: (request) => request.headers.upgrade?.toLowerCase() === 'websocket',
};

/** A server of HTTP/1.1 with the gateway's limits. */
export function plainServer(): Server {
  return createServer(OPTIONS);
}

/** The same over TLS 1.2 or later. Its `setSecureContext` takes effect with the next connection. */
export function tlsServer(pair: TlsPair): TlsServer {
  return createTlsServer({ ...OPTIONS, ...secureContext(pair), handshakeTimeout: HANDSHAKE_MS });
}

/** What a TLS server is to be told of a certificate. */
export function secureContext({ cert, key }: TlsPair) {
  return { cert, key, minVersion: 'TLSv1.2', ALPNProtocols: ['http/1.1'] } as const;
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
