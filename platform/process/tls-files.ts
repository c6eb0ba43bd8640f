import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { type Clock, systemClock } from '../time/clock.ts';
import type { Log } from './log.ts';

/** A certificate, with those that lead to its root, and its key; PEM. */
export interface TlsPair {
  cert: string;
  key: string;
  /** Certificates of the authorities by which those of clients are judged; absent: clients are asked for none. Never empty. */
  clientCa?: string;
}

interface TlsFilesOptions {
  certFile: string;
  keyFile: string;
  /** With `clientCa`. */
  clientCaFile?: string | undefined;
  /** Called with each pair that takes the place of the one before. */
  onChange: (pair: TlsPair) => void;
  log: Log;
  /** How often the files are looked at, in milliseconds; default 2,000. */
  everyMs?: number;
  clock?: Clock;
}

/**
 * A certificate and its key, and the authorities of clients' certificates, in files that are replaced now and then, as kubelet does with those of a Secret.
 * They are read again and again rather than watched: kubelet swaps a symbolic link, of which a watch on a file hears
 * nothing. A new pair that cannot be used is logged, and the one before stays.
 */
export class TlsFiles implements Disposable {
  /** The first one. */
  readonly pair: TlsPair;
  readonly #options: TlsFilesOptions;
  readonly #clock: Clock;
  #current: TlsPair;
  /** The last pair that could not be used, or what kept the files from being read. */
  #refused = '';
  #cancel: () => void = () => undefined;
  #stopped = false;

  private constructor(options: TlsFilesOptions, pair: TlsPair) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.pair = pair;
    this.#current = pair;
    this.#lookLater();
  }

  /** Rejects when the files cannot be read or do not belong together. */
  static async open(options: TlsFilesOptions): Promise<TlsFiles> {
    return new TlsFiles(options, await readPair(options));
  }

  [Symbol.dispose](): void {
    this.#stopped = true;
    this.#cancel();
  }

  #lookLater(): void {
    if (this.#stopped) return;
    this.#cancel = this.#clock.after(this.#options.everyMs ?? 2_000, () => void this.#look());
  }

  async #look(): Promise<void> {
    const { certFile, log, onChange } = this.#options;
    try {
      // Twice before it counts as wrong: the files may have been swapped between the reading of one and the other.
      const pair = await readPair(this.#options).catch(() => readPair(this.#options));
      this.#refused = '';
      if (!this.#stopped && !isSame(pair, this.#current)) {
        this.#current = pair;
        onChange(pair);
        log.info({ certFile }, 'certificate changed');
      }
    } catch (error) {
      const why = String(error);
      if (why !== this.#refused) log.error({ certFile, err: error }, 'new certificate not usable, the old one stays');
      this.#refused = why;
    }
    this.#lookLater();
  }
}

function isSame(a: TlsPair, b: TlsPair): boolean {
  return a.cert === b.cert && a.key === b.key && a.clientCa === b.clientCa;
}

async function readPair({ certFile, keyFile, clientCaFile }: TlsFilesOptions): Promise<TlsPair> {
  const [cert, key, clientCa] = await Promise.all([
    readFile(certFile, 'utf8'),
    readFile(keyFile, 'utf8'),
    clientCaFile === undefined ? undefined : readAuthorities(clientCaFile),
  ]);
  try {
    createSecureContext({ cert, key });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${certFile} and ${keyFile} are no certificate and its key: ${why}`, { cause });
  }
  return { cert, key, ...(clientCa !== undefined && { clientCa }) };
}

/** OpenSSL skips what it cannot read, and Node takes an empty list for all authorities that it knows: so each block is read here. */
async function readAuthorities(file: string): Promise<string> {
  const text = await readFile(file, 'utf8');
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) throw new Error(`${file} has no certificate of an authority`);
  for (const block of blocks) {
    try {
      if (!new X509Certificate(block).ca) throw new Error('a certificate in it is not that of an authority');
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`${file} has more than certificates of authorities: ${why}`, { cause });
    }
  }
  return `${blocks.join('\n')}\n`;
}
