import { createTwoFilesPatch } from 'diff';
import type { Texts } from './function-text.ts';

const NONE = '/dev/null';

/** Unified diffs of all texts that differ, in order of their names; empty: none does. Pure. @param name before each text's name */
export function textDiff(name: string, before: Texts, after: Texts): string {
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  return names
    .filter((one) => before.get(one) !== after.get(one))
    .map((one) => {
      const label = (texts: Texts, side: string) => (texts.has(one) ? `${side}/${name}/${one}` : NONE);
      const [old, next] = [before.get(one) ?? '', after.get(one) ?? ''];
      const patch = createTwoFilesPatch(label(before, 'cluster'), label(after, 'folder'), old, next, '', '');
      // Without its first line, a rule.
      return patch.slice(patch.indexOf('\n') + 1).replaceAll(/^((?:---|\+\+\+) [^\t\n]*)\t$/gm, '$1');
    })
    .join('');
}
