import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { aToken, keySet } from '../../activator/testing/test-issuer.ts';

const ISSUER = 'https://login.example.com';
const AUDIENCE = 'bench';

/** Shows its keys on this machine. */
export interface TokenIssuer extends AsyncDisposable {
  /** A way in for its tokens. */
  readonly jwt: object;
  /** Good for a day. */
  readonly token: string;
}

export async function startTokenIssuer(): Promise<TokenIssuer> {
  const server = createServer((_request, response) => response.end(JSON.stringify(keySet())));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const jwksUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const iat = Math.floor(Date.now() / 1000);
  const claims = { iss: ISSUER, aud: AUDIENCE, sub: 'bench', scope: 'read write', iat, exp: iat + 86_400 };
  return {
    jwt: { issuer: ISSUER, audiences: [AUDIENCE], jwksUri },
    token: aToken({ claims }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
