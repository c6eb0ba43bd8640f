/** Which containers get a port of their own, since all pods share the ports of one machine. Pure. */
import type { LocalImage } from './images.ts';
import type { Container } from './pod-context.ts';

/** A port at the pod's address, and where on this machine the program listens in its place. */
export interface PortMove {
  from: number;
  to: number;
}

/**
 * The declared port that a container's program learns from `$PORT`: it may listen there at all addresses of its network,
 * which pods of one machine share. Undefined: it knows its address, or its port from elsewhere.
 */
export function portByVariable(container: Container, image: LocalImage): number | undefined {
  const given = container.env?.find(({ name }) => name === 'PORT')?.value ?? '';
  const declared = container.ports?.some(({ containerPort, protocol = 'TCP' }) => {
    return protocol === 'TCP' && String(containerPort) === given;
  });
  return declared === true && image.ownAddress !== true ? Number(given) : undefined;
}

/** @param actual `$PORT` as the program has it. Undefined: it listens where it is called. */
export function portMove(declared: number | undefined, actual: string | undefined): PortMove | undefined {
  const to = Number(actual);
  return declared === undefined || !Number.isInteger(to) || to < 1 || to === declared
    ? undefined
    : { from: declared, to };
}

const IN_USE = /EADDRINUSE|address already in use/i;

/** What to add to the end of a program that could not listen; undefined: that was not it. @param log its last lines */
export function portAdvice(log: string, address: string): string | undefined {
  if (!IN_USE.test(log)) return undefined;
  return `on this machine all pods share their ports: listen on $PORT, which each pod has for itself, or at $HOST alone, which is ${address}`;
}
