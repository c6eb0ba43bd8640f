import { hash } from 'node:crypto';

/** A ConfigMap's content. */
interface Content {
  data?: Readonly<Record<string, string>>;
  /** As base64. */
  binaryData?: Readonly<Record<string, string>>;
}

/**
 * SHA-256, in hex, by which the content of the ConfigMaps with a function's source is known: that of the list which
 * `LC_ALL=C sha256sum *` prints of all their keys as files, so that anyone can reckon it. No key may be in two.
 */
export function sourceHash(configMaps: readonly Content[]): string {
  const files = configMaps.flatMap(({ data = {}, binaryData = {} }) => [
    ...Object.entries(data).map(([key, text]) => [key, Buffer.from(text)] as const),
    ...Object.entries(binaryData).map(([key, text]) => [key, Buffer.from(text, 'base64')] as const),
  ]);
  const lines = files.map(([key, bytes]) => ({ key, line: `${hash('sha256', bytes)}  ${key}\n` }));
  lines.sort((a, b) => (a.key < b.key ? -1 : 1));
  return hash('sha256', lines.map(({ line }) => line).join(''));
}
