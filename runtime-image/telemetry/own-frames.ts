/** Where the runtime's own files are: as built, all in one folder. */
const FOLDER = new URL('.', import.meta.url).href;
/** A line of a stack that is in one of them. */
const OWN_FRAME = new RegExp(
  `^ +at .*${FOLDER.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}[\\w-]+\\.mjs:\\d+:\\d+\\)?(?:\\n|$)`,
  'gm',
);

/** `text` with the stacks that are in it, without the runtime's own frames; a stack of nothing else stays as it is. */
export function withoutOwnFrames(text: string): string {
  if (!text.includes(FOLDER)) return text;
  const cut = text.replace(OWN_FRAME, '').trimEnd();
  return /^ +at /m.test(cut) ? cut : text;
}
