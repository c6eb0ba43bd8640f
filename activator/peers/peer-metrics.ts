import { Counter, Gauge, type Registry } from 'prom-client';
import type { PeerCounts } from './counts.ts';

/** What is counted of the other activators. */
export interface PeerFigures {
  readonly counts: PeerCounts;
  readonly streams: { readonly out: number; readonly in: number };
}

export function registerPeerMetrics(registry: Registry, peers: PeerFigures): void {
  const registers = [registry];
  new Gauge({
    name: 'catnap_activator_peer_streams',
    help: 'Streams of hints that are open, to other activators (out) and from them (in).',
    labelNames: ['direction'] as const,
    registers,
    collect() {
      this.set({ direction: 'out' }, peers.streams.out);
      this.set({ direction: 'in' }, peers.streams.in);
    },
  });
  new Counter({
    name: 'catnap_activator_peer_hints_total',
    help: 'Hints sent to other activators, dropped on the way there, received, followed (a replica was asked because of it), of an unknown kind, malformed.',
    labelNames: ['event'] as const,
    registers,
    collect() {
      this.reset();
      for (const [event, count] of Object.entries(peers.counts.hints)) this.inc({ event }, count);
    },
  });
  new Counter({
    name: 'catnap_activator_peer_refusals_total',
    help: 'Streams of other activators that were refused: without keys to check their tokens by, for a bad token, or for there being too many.',
    labelNames: ['reason'] as const,
    registers,
    collect() {
      this.reset();
      for (const [reason, count] of Object.entries(peers.counts.refusals)) this.inc({ reason }, count);
    },
  });
}
