import { z } from 'zod';
import { SYSTEM_NAMESPACE } from '#api/names.ts';
import { readConfig } from '#platform/process/config.ts';

/** What cluster the end-to-end tests run against. Without any of these: one of our own on this machine. */
const Settings = z.object({
  /** A kubeconfig of a real cluster, with the rights of an admin. */
  CATNAP_TEST_KUBECONFIG: z.string().optional(),
  /** The namespace in which operator and activator are installed; absent: the suite starts them itself. */
  CATNAP_TEST_SYSTEM_NAMESPACE: z.string().optional(),
  /** With an installed Catnap: the gateway's base URL. */
  CATNAP_TEST_GATEWAY: z.url().optional(),
  /** The runtime image as the nodes know it. */
  CATNAP_RUNTIME_IMAGE: z.string().default('catnap.dev/runtime:dev'),
  /** An image that answers HTTP on $PORT, for the tests of `spec.image` on a real cluster. */
  CATNAP_TEST_IMAGE: z.string().optional(),
  /** How often each case of `apply && wait && curl` is tried. */
  CATNAP_TEST_READY_ROUNDS: z.coerce.number().int().min(1).default(5),
  /** On a local cluster: where API servers leave their audit logs, one file each. */
  CATNAP_TEST_AUDIT_DIR: z.string().optional(),
  /** The API server's audit log (audit.k8s.io/v1 Events, one a line) of a real cluster with an installed Catnap. */
  CATNAP_TEST_AUDIT_LOG: z.string().optional(),
  /** An image with Node that the images are tried on; absent: one is made of this machine's Node. */
  CATNAP_TEST_BASE_IMAGE: z.string().optional(),
  /** Of the test that kills processes while work is accepted: for how long. */
  CATNAP_TEST_KILL_SECONDS: z.coerce.number().int().min(10).default(60),
  /** Of the fuzz tests and of kills at random: the seed of a run to repeat; absent: a new one, which is printed. */
  CATNAP_FUZZ_SEED: z.coerce.number().int().optional(),
  /** Of the fuzz tests: the numbers of the cases to repeat, with commas; absent: all. */
  CATNAP_FUZZ_CASES: z
    .string()
    .transform((text) => text.split(',').map(Number))
    .optional(),
  /** On a local cluster: a seed of delays as a real cluster has them; absent: everything is immediate. */
  CATNAP_TEST_REALISM: z.coerce.number().int().min(0).optional(),
  PATH: z.string().default('/usr/bin:/bin'),
  HOME: z.string().default('/'),
});

export const settings = readConfig(Settings, process.env);

/** Where the Catnap is that is tested. */
export const systemNamespace = settings.CATNAP_TEST_SYSTEM_NAMESPACE ?? SYSTEM_NAMESPACE;

/** What programs get of the tests' environment. */
export const inherited = { PATH: settings.PATH, HOME: settings.HOME };

/** On a local cluster: mapped to a small server by the pod runner. */
export const LOCAL_IMAGE = 'catnap.dev/test-image:dev';

/** For programs that reach a registry: with proxies and what npm is told, and not as a part of the test that runs them. */
export const surroundings: NodeJS.ProcessEnv = { ...process.env, NODE_TEST_CONTEXT: undefined };
