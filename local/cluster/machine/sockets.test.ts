import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listeningPorts, localAddresses } from './sockets.ts';

const TEXT = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100017F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0
   1: 0100007F:7530 0100007F:C001 01 00000000:00000000 00:00000000 00000000     0        0 2 1 0 100 0 0 10 0
`;
const TEXT6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue
   0: 00000000000000000000000000000000:7531 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000
`;

test('an address is in use by whatever socket', () => {
  assert.deepEqual([...localAddresses(TEXT)], ['127.1.0.1', '127.0.0.1']);
});

test('a port is in use when something listens on it', () => {
  assert.deepEqual([...listeningPorts(TEXT), ...listeningPorts(TEXT6)], [8_080, 30_001]);
});
