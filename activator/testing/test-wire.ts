/** For tests: replicas and clients that speak over bare sockets, so that what is on the wire is in the test's hands. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { aFunction, aPod, TestGateway, type TestGatewayOptions, until } from './test-gateway.ts';

/** The host of the function that `wiredGateway` has. */
export const HOST = 'hello.default.fn.example';

export interface WiredGateway extends AsyncDisposable {
  gateway: TestGateway;
  port: number;
  /** Connections that the replica has taken, in their order. */
  connections: Socket[];
}

/**
 * A gateway with one function, whose replica calls back for each piece that comes over a connection.
 * @param onData `count` is how many pieces came over this connection, this one included.
 */
export async function wiredGateway(
  onData: (socket: Socket, text: string, count: number) => void,
  spec: object = {},
  options: TestGatewayOptions = {},
): Promise<WiredGateway> {
  const connections: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    connections.push(socket);
    let count = 0;
    socket.on('error', () => undefined).on('end', () => socket.end());
    socket.on('data', (chunk) => {
      count += 1;
      onData(socket, chunk.toString('latin1'), count);
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const gateway = await TestGateway.start({ errorDetail: true, ...options });
  gateway.putFunction(aFunction('hello', spec));
  gateway.podFeed.put('pod-a', aPod({ name: 'pod-a', revision: 'hello-1', ip: '127.0.0.1', port, image: true }));
  await until(() => gateway.traffic('hello').answering === 1, 'the replica answers');
  return {
    gateway,
    port: gateway.port,
    connections,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      for (const socket of connections) socket.destroy();
      server.close();
    },
  };
}

/** A client's connection and all that has come over it. */
export class Wire implements Disposable {
  readonly socket: Socket;
  text = '';
  /** Undefined while it is open. */
  ended: 'closed' | 'reset' | undefined;

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.socket.on('data', (chunk) => {
      this.text += chunk.toString('latin1');
    });
    this.socket.on('error', () => {
      this.ended = 'reset';
    });
    this.socket.on('close', () => {
      this.ended ??= 'closed';
    });
  }

  send(text: string): this {
    this.socket.write(text, 'latin1');
    return this;
  }

  /** Resolves when as much has come. */
  async until(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.text)) {
      if (this.ended !== undefined) throw new Error(`it was ${this.ended} after ${JSON.stringify(this.text)}`);
      await Promise.race([once(this.socket, 'data'), once(this.socket, 'close')]);
    }
    return this.text;
  }

  /** Resolves when the other side has ended it. */
  async end(): Promise<'closed' | 'reset'> {
    if (this.ended === undefined) await new Promise((resolve) => void this.socket.once('close', resolve));
    return this.ended ?? 'closed';
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}
