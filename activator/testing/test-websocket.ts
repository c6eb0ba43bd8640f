/** For tests: a WebSocket server that echoes, as small as one can be (RFC 6455). */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const CLOSE = 8;

/** What the server's side has seen of one connection. */
export interface Served {
  /** Code of the close frame that its client has sent; undefined: none yet. */
  closeCode: number | undefined;
  socket: Duplex;
}

/** Takes an upgrade; to be given to a server's `upgrade`. `onOpen` is called with each connection. */
export function echoWebSocket(onOpen: (served: Served) => void = () => undefined) {
  return (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}${GUID}`).digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    const served: Served = { closeCode: undefined, socket };
    let pending = head;
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk]);
      for (let frame = firstFrame(pending); frame !== undefined; frame = firstFrame(pending)) {
        pending = pending.subarray(frame.size);
        socket.write(serverFrame(frame.opcode, frame.payload));
        if (frame.opcode !== CLOSE) continue;
        served.closeCode = frame.payload.readUInt16BE(0);
        socket.end();
      }
    });
    onOpen(served);
  };
}

export function serverFrame(opcode: number, payload: Buffer): Buffer {
  const size = payload.length < 126 ? [payload.length] : [126, payload.length >> 8, payload.length & 0xff];
  return Buffer.concat([Buffer.from([0x80 | opcode, ...size]), payload]);
}

/** Of a client, so masked; of less than 64 KiB. */
function firstFrame(bytes: Buffer): { opcode: number; payload: Buffer; size: number } | undefined {
  if (bytes.length < 6) return undefined;
  const short = bytes.readUInt8(1) & 0x7f;
  const at = short === 126 ? 4 : 2;
  if (bytes.length < at + 4) return undefined;
  const length = short === 126 ? bytes.readUInt16BE(2) : short;
  const size = at + 4 + length;
  if (bytes.length < size) return undefined;
  const mask = bytes.subarray(at, at + 4);
  const payload = Buffer.from(bytes.subarray(at + 4, size).map((byte, i) => byte ^ (mask[i % 4] as number)));
  return { opcode: bytes.readUInt8(0) & 0x0f, payload, size };
}
