import type { ClientCertificateSpec } from '#api/rules/access-fault.ts';
import type { ClientCertificate } from '../policy.ts';
import type { Admission, Denial, WayIn } from './way-in.ts';

const WAY = 'clientCertificate';
/** Of what the log says of a client that may not ask. */
const NAME_MAX_CHARACTERS = 256;
/** There is no scheme of RFC 9110 for certificates: it is without a challenge. */
const ABSENT: Denial = { denied: 'absent', why: 'there is no client certificate' };
const EXPIRED: Denial = { denied: 'invalid', why: 'the client certificate has expired' };

/**
 * Certificates by the names in them; that they are good otherwise the handshake has shown. A connection may outlive its
 * certificate, so the time is looked at with each request.
 * @param wallMs milliseconds since 1970
 */
export function clientCertificates(
  { dnsNames = [], uris = [] }: ClientCertificateSpec,
  wallMs: () => number = Date.now,
): WayIn {
  const byDnsName = new Map(dnsNames.map((name) => [name.toLowerCase(), admissionOf(name.toLowerCase())]));
  const byUri = new Map(uris.map((uri) => [uri, admissionOf(uri)]));
  return {
    withheld: [],
    judge({ certificate }) {
      if (certificate === undefined) return ABSENT;
      if (typeof certificate === 'string')
        return { denied: 'invalid', why: `the client certificate is not good: ${certificate}` };
      if (!(wallMs() <= certificate.validToMs)) return EXPIRED;
      return firstOf(byUri, certificate.uris) ?? firstOf(byDnsName, certificate.dnsNames) ?? notListed(certificate);
    },
  };
}

function admissionOf(name: string): Admission {
  return { caller: { way: WAY, name } };
}

function firstOf(known: ReadonlyMap<string, Admission>, names: readonly string[]): Admission | undefined {
  for (const name of names) {
    const found = known.get(name);
    if (found !== undefined) return found;
  }
  return undefined;
}

function notListed({ uris, dnsNames, subject }: ClientCertificate): Denial {
  const name = (uris[0] ?? dnsNames[0] ?? subject).slice(0, NAME_MAX_CHARACTERS);
  const why = 'the client certificate has none of the names that may ask';
  return { denied: 'forbidden', why, caller: { way: WAY, name } };
}
