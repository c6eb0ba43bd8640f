/** Formats of strings that a custom resource's schema may ask for; others are ignored, as on a real server. */
import { isIP, isIPv4, isIPv6 } from 'node:net';

const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;
/** One label, or several of which the last has letters only. */
const HOST =
  /^([a-z0-9\p{S}\p{L}](-?[a-z0-9\p{S}\p{L}]{0,62})?|([a-z0-9\p{S}\p{L}]([-a-z0-9\p{S}\p{L}]{0,61}[a-z0-9\p{S}\p{L}])?\.)+[a-z\p{L}]{2,63})$/iu;
/** Numbers with units, which may be words. */
const DURATION = /^[+-]?(\d+(\.\d*)?\s*[A-Za-zµ]+\s*)+$|^[+-]?0$/;

function isDate(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(`${text}T00:00:00Z`));
}
function isDateTime(text: string): boolean {
  return (
    /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text))
  );
}
function isHostname(text: string): boolean {
  return text.length <= 255 && HOST.test(text);
}
function isCidr(text: string): boolean {
  const [address = '', bits = '', ...rest] = text.split('/');
  return rest.length === 0 && isIP(address) > 0 && /^\d+$/.test(bits) && Number(bits) <= (isIPv4(address) ? 32 : 128);
}

const CHECKS: Record<string, (text: string) => boolean> = {
  date: isDate,
  'date-time': isDateTime,
  datetime: isDateTime,
  duration: (text) => DURATION.test(text),
  byte: (text) => text !== '' && text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text),
  email: (text) => /^[^\s@<>]+@[^\s@<>]+$/.test(text),
  hostname: isHostname,
  ipv4: isIPv4,
  ipv6: isIPv6,
  cidr: isCidr,
  mac: (text) => /^([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/i.test(text),
  uri: (text) => URL.canParse(text) || (text.startsWith('/') && URL.canParse(text, 'http://x')),
  uuid: (text) => UUID.test(text),
  uuid3: (text) => UUID.test(text) && text.replaceAll('-', '')[12] === '3',
  uuid4: (text) => UUID.test(text) && text.replaceAll('-', '')[12] === '4',
  uuid5: (text) => UUID.test(text) && text.replaceAll('-', '')[12] === '5',
  hexcolor: (text) => /^#?([0-9a-f]{3}|[0-9a-f]{6})$/i.test(text),
};

/** Is a format of strings checked at all? */
export function isKnownFormat(format: string | undefined): boolean {
  return format !== undefined && Object.hasOwn(CHECKS, format);
}

/** True too for a format that nobody knows. */
export function hasFormat(format: string, text: string): boolean {
  return CHECKS[format]?.(text) ?? true;
}
