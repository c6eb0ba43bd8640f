/** What every kind of access comes to. */

/** As node:tls takes them; PEM. */
export interface TlsMaterial {
  ca?: string;
  cert?: string;
  key?: string;
  servername?: string;
  rejectUnauthorized?: boolean;
}

/** What the next request needs. Asked before each one, so a rotated token or certificate is noticed. */
export interface Credentials {
  /** Value of the `authorization` header. */
  authorization?: string;
  tls: TlsMaterial;
}

/** Where the API server is and how to be let in. */
export interface ClusterAccess {
  /** `https://10.0.0.1:443`, maybe with a path prefix, without a slash at the end. */
  readonly server: string;
  /** For a person: `CATNAP_API_URL`, `kubeconfig /home/me/.kube/config`, `service account`. */
  readonly source: string;
  credentials(): Promise<Credentials>;
  /** The server did not accept the last ones (401): do not use a cached value again. */
  refresh(): void;
}
