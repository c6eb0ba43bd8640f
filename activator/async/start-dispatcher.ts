import { CredentialFile } from '#platform/access/credential-file.ts';
import type { Lifecycle } from '#platform/process/lifecycle.ts';
import type { Clock } from '#platform/time/clock.ts';
import type { Dispatcher } from './dispatcher.ts';
import { DispatcherClient } from './dispatcher-client.ts';

/** What of the environment is about the dispatcher; config.ts says what each means. */
interface DispatcherConfig {
  readonly CATNAP_DISPATCHER_URL?: string | undefined;
  readonly CATNAP_DISPATCHER_TOKEN_FILE?: string | undefined;
}

/** Undefined: none is configured. Throws where it could not prove who this is. */
export function startDispatcher(
  config: DispatcherConfig,
  { clock, lifecycle }: { clock: Clock; lifecycle: Lifecycle },
): Dispatcher | undefined {
  const { CATNAP_DISPATCHER_URL: url, CATNAP_DISPATCHER_TOKEN_FILE: tokenFile } = config;
  if (url === undefined) return undefined;
  if (tokenFile === undefined) throw new Error('CATNAP_DISPATCHER_URL needs CATNAP_DISPATCHER_TOKEN_FILE');
  const client = new DispatcherClient({ url, token: new CredentialFile(tokenFile), clock });
  lifecycle.onStop('dispatcher client', () => client[Symbol.dispose]());
  return client;
}
