import { FUNCTION_NAME_MAX_LENGTH } from '../names.ts';

/** Which Function, as far as its host is concerned. */
export interface FunctionName {
  namespace: string;
  name: string;
}

export const DEFAULT_HOST_TEMPLATE = '{name}.{namespace}.{domain}';

/** Longest host name and longest part of one between two dots, in characters (RFC 1035, 2.3.4). */
const HOST_MAX_LENGTH = 253;
const LABEL_MAX_LENGTH = 63;

const TEMPLATE =
  /^(?<before>[-a-z0-9.]*)\{(?<first>name|namespace)\}(?<between>[-a-z0-9.]+)\{(?<second>name|namespace)\}(?<after>[-a-z0-9.]*)\.\{domain\}$/;
const LABEL = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;

/** What is wrong with a host template; undefined: nothing. */
export function hostTemplateMistake(template: string): string | undefined {
  const parts = TEMPLATE.exec(template)?.groups;
  if (parts === undefined || parts.first === parts.second) {
    return 'must have {name} and {namespace} once each, something between the two, and end in .{domain}';
  }
  const sample = template.replace(/\{\w+\}/g, 'x');
  return isHost(sample) ? undefined : 'makes no host names: labels have letters, digits and inner dashes alone';
}

/** A DNS label: lower case letters, digits and inner dashes, at most 63 characters. */
function isLabel(text: string): boolean {
  return text.length <= LABEL_MAX_LENGTH && LABEL.test(text);
}

/** Lower case, without a port or a dot at the end. */
export function isHost(text: string): boolean {
  return text.length <= HOST_MAX_LENGTH && text.split('.').every(isLabel);
}

/** Makes the hosts that functions have without asking, and tells whose a host below the domain is. */
export class HostTemplate {
  /** Lower case. */
  readonly domain: string;
  /** Two functions may have the same host, as `a-b` in `c` and `a` in `b-c` by `{name}-{namespace}`. */
  readonly ambiguous: boolean;
  readonly #before: string;
  readonly #between: string;
  readonly #after: string;
  readonly #nameFirst: boolean;

  /** Throws where `template` has a mistake. */
  constructor(template: string, domain: string) {
    const mistake = hostTemplateMistake(template);
    if (mistake !== undefined) throw new Error(`host template ${template} ${mistake}`);
    const { before = '', first, between = '', after = '' } = TEMPLATE.exec(template)?.groups ?? {};
    this.domain = domain.toLowerCase();
    this.#before = before;
    this.#between = between;
    this.#after = `${after}.${this.domain}`;
    this.#nameFirst = first === 'name';
    // Names and namespaces have dashes and no dots.
    this.ambiguous = !between.includes('.');
  }

  /** The host of a function; undefined: it would be longer than a host name may be. */
  hostOf({ namespace, name }: FunctionName): string | undefined {
    const host = this.#make(namespace, name);
    return isHost(host) ? host : undefined;
  }

  /** Why a function has no host of its own; undefined: it has one. */
  tooLong({ namespace, name }: FunctionName): string | undefined {
    const host = this.#make(namespace, name);
    if (isHost(host)) return undefined;
    return `${host} is no host name: it may have ${HOST_MAX_LENGTH} characters, and ${LABEL_MAX_LENGTH} between two dots`;
  }

  #make(namespace: string, name: string): string {
    const [first, second] = this.#nameFirst ? [name, namespace] : [namespace, name];
    return `${this.#before}${first}${this.#between}${second}${this.#after}`;
  }

  /** Whether it is the domain itself or anything below it. */
  covers(host: string): boolean {
    return host === this.domain || host.endsWith(`.${this.domain}`);
  }

  /** All functions that would have this host if they were there. */
  functionsAt(host: string): FunctionName[] {
    const { length } = this.#before;
    if (!host.startsWith(this.#before) || !host.endsWith(this.#after)) return [];
    if (host.length > HOST_MAX_LENGTH || host.length < length + this.#after.length) return [];
    const middle = host.slice(length, -this.#after.length);
    const found: FunctionName[] = [];
    for (let at = middle.indexOf(this.#between); at !== -1; at = middle.indexOf(this.#between, at + 1)) {
      const first = middle.slice(0, at);
      const second = middle.slice(at + this.#between.length);
      const [name, namespace] = this.#nameFirst ? [first, second] : [second, first];
      if (isLabel(name) && name.length <= FUNCTION_NAME_MAX_LENGTH && isLabel(namespace))
        found.push({ namespace, name });
    }
    return found;
  }

  /**
   * The one namespace that a host below the domain belongs to. Undefined: it belongs to none, or more than one could have
   * a function there. Where the namespace is a label of its own before the domain, all below that label is the namespace's.
   */
  namespaceOf(host: string): string | undefined {
    const functions = this.functionsAt(host);
    if (functions.length > 0) {
      const [first, ...others] = functions;
      return others.every(({ namespace }) => namespace === first?.namespace) ? first?.namespace : undefined;
    }
    if (!this.#nameFirst || !this.#between.endsWith('.') || !host.endsWith(this.#after)) return undefined;
    const labels = host.slice(0, -this.#after.length).split('.');
    const namespace = labels.at(-1) ?? '';
    return labels.length > 1 && labels.every(isLabel) ? namespace : undefined;
  }
}

/** What may follow `<name>.<namespace>` inside the cluster, the longest first. */
export function clusterSuffixes(clusterDomain: string): string[] {
  return [`.svc.${clusterDomain}`, '.svc'];
}

/** The function that `<name>.<namespace>` would lead to; undefined: the host has another form. */
export function functionAtShortHost(host: string): FunctionName | undefined {
  const [name = '', namespace, ...more] = host.split('.');
  return namespace === undefined || more.length > 0 ? undefined : { namespace, name };
}
