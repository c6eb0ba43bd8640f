/** Whether a request is stored and delivered later, or served now. Pure. */
import { NOT_INSTALLED } from '#api/errors.ts';
import type { GatewayError } from '../errors/gateway-error.ts';
import type { AsyncConfig } from '../routing/function-config.ts';
import type { AsyncRequest } from './async-request.ts';
import { preferencesOf } from './prefer.ts';

const NO_UPGRADE: GatewayError = {
  code: 'BadRequest',
  message:
    'this function only takes work for later (spec.async.mode: Always): no connection to it can be switched to another protocol',
};
const NO_DISPATCHER: GatewayError = {
  code: 'AsyncUnavailable',
  reason: NOT_INSTALLED,
  message:
    'the function only takes work for later (spec.async.mode: Always), and no dispatcher is installed (CATNAP_DISPATCHER_URL)',
  retryAfterSeconds: 60,
};

type Asked = Pick<AsyncRequest, 'method' | 'isUpgrade' | 'header'>;

/** @param isInstalled whether there is a dispatcher. Without one a preference is passed on, as one that is not understood. */
export function wayOf(request: Asked, { always }: AsyncConfig, isInstalled: boolean): 'now' | 'later' | GatewayError {
  if (isPreflight(request)) return 'now';
  if (always) {
    if (request.isUpgrade) return NO_UPGRADE;
    return isInstalled ? 'later' : NO_DISPATCHER;
  }
  if (request.isUpgrade || !isInstalled) return 'now';
  return preferencesOf(request.header('prefer')).respondAsync ? 'later' : 'now';
}

/** What a browser asks before it sends a request of another origin (CORS): it could not read a 202 for what it is. */
function isPreflight(request: Asked): boolean {
  return request.method === 'OPTIONS' && request.header('access-control-request-method') !== undefined;
}
