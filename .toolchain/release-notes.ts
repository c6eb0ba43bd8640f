/** Which release is made, and what the changelog says of it. Pure. */

const VERSION =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?$/;

/** Throws unless it is a semantic version, and one that a tag of an image may be: without build metadata. */
export function requireVersion(version: string): string {
  if (version.includes('+')) throw new Error(`VERSION=${version}: a tag of an image has no "+"`);
  if (!VERSION.test(version) || version.length > 128)
    throw new Error(`VERSION=${version}: it must be a semantic version, such as 0.2.0 or 0.2.0-rc.1`);
  return version;
}

/**
 * The text below `## <version>`, else below `## Unreleased`, up to the next heading of that level.
 * Throws where there is neither, or nothing below it.
 */
export function notesOf(changelog: string, version: string): string {
  const sections = changelog.split(/^## /m).slice(1);
  const titled = (title: string) => sections.find((section) => /^\[?([^\]\s]+)/.exec(section)?.[1] === title);
  const section = titled(version) ?? titled('Unreleased');
  const text = section?.slice(section.indexOf('\n')).trim() ?? '';
  if (text === '') throw new Error(`CHANGELOG.md says nothing of ${version}, and has nothing unreleased`);
  return `${text}\n`;
}
