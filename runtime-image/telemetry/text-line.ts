/** Lines of the log for people. Pure. */

/** The same in each line of a replica: on a terminal there is mostly one. */
const OF_THE_REPLICA = ['function', 'namespace', 'revision'];

/**
 * A line of JSON as text: `<time> <LEVEL> <message> name=value …`; below it, indented, the stacks of errors.
 * @param line as log.ts makes it, with its newline.
 */
export function textOfLine(line: string): string {
  const { time, level, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const words = [String(time), String(level).toUpperCase().padEnd(5), String(msg)];
  const stacks: string[] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (OF_THE_REPLICA.includes(name)) continue;
    const stack = stackOf(value);
    if (stack === undefined) words.push(`${name}=${typeof value === 'string' ? quoted(value) : JSON.stringify(value)}`);
    else stacks.push(stack);
  }
  return [words.join(' '), ...stacks.map(indented)].join('\n').concat('\n');
}

/** Of something thrown, as describeError has it. */
function stackOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('stack' in value) || typeof value.stack !== 'string') {
    return undefined;
  }
  const { stack, cause, errors } = value as { stack: string; cause?: unknown; errors?: unknown[] };
  const others = [cause, ...(Array.isArray(errors) ? errors : [])].filter((other) => other !== undefined);
  return [stack, ...others.map((other) => `caused by: ${other}`)].join('\n');
}

function quoted(text: string): string {
  return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text);
}

function indented(text: string): string {
  return text.replace(/^/gm, '    ');
}
