import * as z from 'zod';
import { CERTIFICATE_NAME, CERTIFICATE_URI, DEFAULT_KEY_HEADER } from './rules/access-fault.ts';
import { DNS_LABEL, DNS_SUBDOMAIN, rules } from './schema-nodes.ts';

export const ApiKey = z.object({
  name: z
    .string()
    .min(1)
    .max(63)
    .regex(/^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/)
    .meta({ description: 'Whose key it is; the function is told, and the log.' }),
  sha256: z
    .string()
    .length(64)
    .regex(/^[0-9a-f]{64}$/)
    .meta({
      description:
        'SHA-256 of the key, as 64 hex digits in lower case. The key has to be generated, from 128 random bits at least: all who may read the Function may try to guess it. 22 to 512 visible characters of ASCII.',
    }),
  expires: z
    .string()
    .max(40)
    .optional()
    .meta({ description: 'From when on it is refused, by RFC 3339, such as 2030-01-01T00:00:00Z. Absent: never.' }),
});

const ADDRESS = /^https?:\/\/[^\s?#@]+(\?[^\s#]*)?$/;
const claimName = z.string().min(1).max(256);

const Jwt = z.object({
  issuer: z
    .string()
    .min(1)
    .max(512)
    .regex(/^https?:\/\/[^\s?#@]+$/)
    .meta({
      description:
        'Who signs the tokens, to the letter as the claim iss says it, such as https://login.example.com/. http and addresses that are not public need a setting of the installation.',
    }),
  audiences: z
    .array(z.string().min(1).max(512))
    .min(1)
    .max(16)
    .meta({ description: 'Of which the claim aud has to name one.', 'x-kubernetes-list-type': 'set' }),
  jwksUri: z.string().min(1).max(1024).regex(ADDRESS).optional().meta({
    description:
      'Where the public keys of the issuer are (RFC 7517). Absent: its description says, at /.well-known/openid-configuration below the issuer.',
  }),
  claims: z
    .record(claimName, z.array(z.string().min(1).max(256)).min(1).max(32).meta({ 'x-kubernetes-list-type': 'set' }))
    .optional()
    .meta({
      maxProperties: 16,
      description:
        'What else a token has to say: of each of these claims one of the values, or, where the claim is a list, one that is among them. A name that begins with / is a JSON Pointer, such as /realm_access/roles.',
    }),
  scopes: z
    .array(
      z
        .string()
        .min(1)
        .max(128)
        .regex(/^[!#-[\]-~]+$/),
    )
    .max(32)
    .optional()
    .meta({
      description: 'All of these have to be among those of the token: in the claim scope, or scp.',
      'x-kubernetes-list-type': 'set',
    }),
  forward: z.record(z.string().max(63), claimName).optional().meta({
    maxProperties: 16,
    description:
      'By header, the claim whose value the function gets there; a name that begins with / is a JSON Pointer. Clients cannot send these headers.',
  }),
});

const ClientCertificate = z.object({
  dnsNames: z.array(z.string().min(1).max(253).regex(CERTIFICATE_NAME)).min(1).max(64).optional().meta({
    description: 'Whole names, in any case; * stands for nothing.',
    'x-kubernetes-list-type': 'set',
  }),
  uris: z.array(z.string().min(1).max(2048).regex(CERTIFICATE_URI)).min(1).max(64).optional().meta({
    description: 'To the letter, such as spiffe://cluster.local/ns/shop/sa/frontend.',
    'x-kubernetes-list-type': 'set',
  }),
});

const WayIn = z.object({
  public: z
    .array(
      z
        .string()
        .min(1)
        .max(1024)
        .regex(/^\/([-A-Za-z0-9._~!$&'()*+,=:@]+(\/[-A-Za-z0-9._~!$&'()*+,=:@]+)*\/?)?$/),
    )
    .min(1)
    .max(64)
    .optional()
    .meta({
      description:
        'Path prefixes that are for everyone: paths equal to one or below it, as the function gets them. A path that two programs could read in two ways, such as /a/../b or /a%2Fb, is below none.',
      'x-kubernetes-list-type': 'atomic',
    }),
  apiKeys: z
    .array(ApiKey)
    .min(1)
    .max(256)
    .optional()
    .meta({
      description: 'Keys, each by its digest. The key itself never reaches the function, nor a log.',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
    }),
  header: z
    .string()
    .min(1)
    .max(63)
    .regex(/^[A-Za-z0-9]([-A-Za-z0-9_]*[A-Za-z0-9])?$/)
    .optional()
    .meta({ description: `With apiKeys: the header that has the key. Absent: ${DEFAULT_KEY_HEADER}.` }),
  jwt: Jwt.optional().meta({
    description:
      'JSON Web Tokens of an OpenID provider, or of any other signer, in the header Authorization as Bearer. They are checked by the gateway, and the function does not get them.',
  }),
  serviceAccounts: z
    .array(
      z.object({
        namespace: z.string().min(1).max(63).regex(DNS_LABEL).meta({ description: 'Of the service account.' }),
        name: z.string().min(1).max(253).regex(DNS_SUBDOMAIN).meta({ description: 'Of the service account.' }),
      }),
    )
    .min(1)
    .max(64)
    .optional()
    .meta({
      description:
        'Service accounts of the cluster whose pods may ask, with a token that Kubernetes gives them for one of the audiences, in the header Authorization as Bearer.',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['namespace', 'name'],
    }),
  audiences: z.array(z.string().min(1).max(512)).min(1).max(16).optional().meta({
    description:
      'With serviceAccounts: of which a token has to be for one. Have one of your own, which no other program takes.',
    'x-kubernetes-list-type': 'set',
  }),
  clientCertificate: ClientCertificate.optional().meta({
    description:
      'Clients with a TLS certificate that names one of these among its subject alternative names, and that an authority of the installation has signed. Without TLS at the gateway, and where the installation names no authority, nobody comes in by it.',
    ...rules({ rule: 'has(self.dnsNames) || has(self.uris)', message: 'give dnsNames, uris or both' }),
  }),
});

export const Access = z
  .array(
    WayIn.meta(
      rules(
        {
          rule: '[has(self.public), has(self.apiKeys), has(self.jwt), has(self.serviceAccounts), has(self.clientCertificate)].filter(there, there).size() == 1',
          message: 'give exactly one of public, apiKeys, jwt, serviceAccounts, clientCertificate',
        },
        { rule: '!has(self.header) || has(self.apiKeys)', message: 'header is of apiKeys' },
        { rule: 'has(self.audiences) == has(self.serviceAccounts)', message: 'serviceAccounts need audiences' },
      ),
    ),
  )
  .min(1)
  .max(16)
  .optional()
  .meta({
    description:
      'Ways in, any of which suffices: requests by none of them get 401, or 403 where it is known who asks, and wake nothing. Absent: everyone may ask.',
    'x-kubernetes-list-type': 'atomic',
  });
