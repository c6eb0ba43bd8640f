import { DISPATCHER_AUDIENCE } from '#api/invocations.ts';
import { AccountTokens } from '#platform/access/account-tokens.ts';
import type { CredentialFile } from '#platform/access/credential-file.ts';
import { KeySet } from '#platform/access/key-set.ts';
import { TokenVerifier } from '#platform/access/token-verifier.ts';
import type { KubeClient } from '#platform/kube/client.ts';
import type { Log } from '#platform/process/log.ts';
import type { Clock } from '#platform/time/clock.ts';
import type { KeyedWaits } from '#platform/time/keyed-waits.ts';
import type { Store } from '../store/store.ts';
import { EntryIntake } from './entry-intake.ts';
import { FunctionLag } from './function-lag.ts';
import { IntakeServer } from './intake-server.ts';
import { StatusIntake } from './status-intake.ts';

export interface IntakeOptions {
  store: Pick<Store, 'enqueue' | 'entry' | 'result'>;
  functions: { readonly hasSynced: boolean; knows(uid: string): boolean; isGone(uid: string): boolean };
  /** Told of each uid of a Function that becomes known. */
  known: KeyedWaits;
  /** Told of each id of an invocation that has ended. */
  ended: KeyedWaits;
  /** Of this function there is something to be delivered. */
  accepted: (uid: string) => void;
  metrics: { committed(seconds: number): void; answered(status: number): void };
  kube: KubeClient;
  clock: Clock;
  log: Log;
  /** A token of this process, of whatever audience. */
  ownToken: CredentialFile;
  /** The service account of gateways. */
  subject: string;
  /** 0: any free one. */
  port: number;
  host: string | undefined;
  stopping: AbortSignal;
}

/** Where kube-apiserver shows the keys that service account tokens are signed with; every service account may read it. */
const KEY_SET_PATH = '/openid/v1/jwks';

/** Listens when it resolves. */
export async function startIntake(options: IntakeOptions): Promise<IntakeServer> {
  const { store, functions, known, ended, clock, metrics, kube, ownToken, stopping } = options;
  const load = () => kube.raw(KEY_SET_PATH, { signal: stopping });
  const tokens = new AccountTokens({
    verifier: new TokenVerifier(new KeySet({ load, nowMs: () => clock.nowMs() })),
    ownToken: () => ownToken.read(),
    subject: options.subject,
    audience: DISPATCHER_AUDIENCE,
  });
  const lag = new FunctionLag({ functions, waits: known, clock });
  const { accepted } = options;
  return await IntakeServer.start({
    entries: new EntryIntake({ store, functions, lag, nowMs: Date.now, accepted, committed: metrics.committed }),
    status: new StatusIntake({ store, ended, nowMs: Date.now }),
    tokens,
    log: options.log,
    port: options.port,
    host: options.host,
    answered: metrics.answered,
  });
}
