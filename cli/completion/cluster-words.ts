import type { GlobalOptions } from '../command-line/global-options.ts';

const OPTIONS: Readonly<Record<string, 'kubeconfig' | 'context' | 'namespace'>> = {
  '--kubeconfig': 'kubeconfig',
  '--context': 'context',
  '--namespace': 'namespace',
  '-n': 'namespace',
};

/** Which cluster and namespace a line that is still being typed is about. Pure. */
export function clusterWords(words: readonly string[]): GlobalOptions {
  const found: GlobalOptions = {};
  for (const [index, word] of words.entries()) {
    const [flag = '', inline] = word.split(/=(.*)/s);
    const name = Object.hasOwn(OPTIONS, flag) ? OPTIONS[flag] : undefined;
    const value = inline ?? words[index + 1];
    if (name !== undefined && value) found[name] = value;
  }
  return found;
}
