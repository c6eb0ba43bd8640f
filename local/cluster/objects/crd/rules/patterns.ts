import { compilePattern } from '../pattern.ts';
import { type AstNode, nodesOf } from './mistakes.ts';

/** Writes the constant patterns of `matches` in the syntax that the library's regular expressions have. */
export function withPortablePatterns(ast: unknown): void {
  for (const { op, args } of nodesOf(ast)) {
    if (op !== 'rcall' || !Array.isArray(args) || args[0] !== 'matches') continue;
    const [pattern] = args[2] as AstNode[];
    if (pattern?.op === 'value' && typeof pattern.args === 'string') pattern.args = portable(pattern.args);
  }
}

function portable(pattern: string): string {
  try {
    const { source, flags } = compilePattern(pattern);
    return flags === '' ? source : `(?${flags}:${source})`;
  } catch {
    return pattern; // said to be broken when the rule is checked
  }
}
