/** `paths` and `baseUrl` of a tsconfig.json: what a name that is not relative may stand for. Pure. */
import { posix } from 'node:path';

/** What begins and ends so, or is just that, may be one of the targets. */
export interface PathRule {
  prefix: string;
  /** Undefined: the pattern has no `*`, and is the whole name. */
  suffix: string | undefined;
  /** From the source's root; a `*` stands for what the pattern's stands for. */
  targets: readonly string[];
}

/** @param folder that the targets are relative to, from the source's root. */
export function pathRules(paths: Readonly<Record<string, readonly string[]>>, folder: string): PathRule[] {
  return Object.entries(paths).map(([pattern, targets]) => {
    const star = pattern.indexOf('*');
    return {
      prefix: star === -1 ? pattern : pattern.slice(0, star),
      suffix: star === -1 ? undefined : pattern.slice(star + 1),
      targets: targets.map((target) => posix.join('/', folder, target).slice(1)),
    };
  });
}

/** Paths from the source's root that `name` may stand for: of the whole name, else of the longest prefix. Empty: no rule is for it. */
export function ruledPaths(name: string, rules: readonly PathRule[]): string[] {
  const matching = rules.filter((rule) => matches(name, rule));
  const rank = ({ prefix, suffix }: PathRule) => (suffix === undefined ? Number.POSITIVE_INFINITY : prefix.length);
  const [best] = matching.sort((a, b) => rank(b) - rank(a) || 0);
  if (best === undefined) return [];
  const { prefix, suffix = '' } = best;
  const between = name.slice(prefix.length, name.length - suffix.length);
  return best.targets.map((target) =>
    posix
      .join(
        '/',
        target.replace('*', () => between),
      )
      .slice(1),
  );
}

function matches(name: string, { prefix, suffix }: PathRule): boolean {
  if (suffix === undefined) return name === prefix;
  return name.length >= prefix.length + suffix.length && name.startsWith(prefix) && name.endsWith(suffix);
}
