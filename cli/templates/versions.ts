/** The packages that templates use, as they were tried; exact, so that what a template makes today it makes tomorrow. */
export const VERSIONS = {
  '@types/aws-lambda': '8.10.164',
  '@types/express': '5.0.6',
  '@types/node': '26.6.6',
  express: '5.3.0',
  hono: '4.13.19',
  typescript: '7.0.2',
} as const;
export type KnownPackage = keyof typeof VERSIONS;
