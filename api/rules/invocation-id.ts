/** Ids of invocations, for people: what a gateway accepted or what tells of the end of another, and what a Trigger began. */

const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const LABEL = '[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?';
/** Of a Trigger's: when it was due, or what asked for it. */
const TIME = '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ';
const ASKED = 'run-[\\w.:+-]{1,64}';
/** `<id>`, or with a Trigger `<namespace>/<trigger>@<time>`. */
const ID = new RegExp(`^(?:${UUID}|${LABEL}/${LABEL}@(?:${TIME}|${ASKED}))$`);

export function isInvocationId(text: string): boolean {
  return ID.test(text);
}
