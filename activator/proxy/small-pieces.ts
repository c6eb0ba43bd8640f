const SMALL_BYTES = 4_096;

/** Adds a piece; small ones are put together, for each buffer costs some hundred bytes beyond its content. */
export function keep(kept: Buffer[], chunk: Buffer): void {
  const last = kept.at(-1);
  if (last === undefined || last.length + chunk.length > SMALL_BYTES) kept.push(chunk);
  else kept[kept.length - 1] = Buffer.concat([last, chunk]);
}
