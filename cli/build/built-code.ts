/** A function's code and packages as one. */
export interface BuiltCode {
  /** One ES module, without a source map. */
  code: string;
  /**
   * Its source map (version 3): sources by their path from the folder, with the text of the folder's own. Of packages, and of what
   * is no code, it is empty: it would be most of it.
   */
  map: string;
  /** Absolute paths of all files that went in. */
  inputs: string[];
  /** What may fail when it runs, in sentences. */
  warnings: string[];
  /** What takes how much of the code, largest first. */
  sizes: PartSize[];
}

export interface PartSize {
  /** A package's name, or `own code`. */
  name: string;
  /** In the module. */
  bytes: number;
}
