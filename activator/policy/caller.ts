/** Who asks, as a policy found out. */
export interface Caller {
  /** By which way in. */
  readonly way: string;
  /** Name of the key or account, or the subject of the token. */
  readonly name: string;
}
