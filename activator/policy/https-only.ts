import type { GatewayError, Reply } from '../errors/gateway-error.ts';
import type { Policy, PolicyDecision, RequestFacts } from './policy.ts';

const REFUSED: GatewayError = {
  code: 'HttpsRequired',
  message: 'this function answers over https alone; what was sent over http may have been read on the way',
};
const PORT = /:\d*$/;

/** Over plain HTTP, what reads is sent to https; what writes, or switches protocols, is refused: it was sent in the open already. */
export function httpsOnly(): Policy {
  return {
    name: 'httpsOnly',
    decide: (request) => (request.protocol === 'https' ? 'continue' : toHttps(request)),
  };
}

function toHttps({ method, host, askedPath, isUpgrade }: RequestFacts): PolicyDecision {
  const reads = method === 'GET' || method === 'HEAD';
  if (!reads || isUpgrade || host === '') return REFUSED;
  // That of http would not answer https; 443 is what an address without a port means.
  const location = `https://${host.replace(PORT, '')}${askedPath}`;
  const redirect: Reply = { status: 308, headers: ['location', location], body: '' };
  return redirect;
}
