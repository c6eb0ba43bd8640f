/**
 * What only WebSockets need. A file of its own in the image, `websocket.mjs`, which is read when the first request for a
 * WebSocket comes.
 */
export { SocketEnd } from './socket-end.ts';
export { openWebSocket } from './wire.ts';
