/** Those that HTTP or the gateway has for something else; what says who forwards counts from proxies alone. */
const OTHER_USE =
  /^(?:authorization|cookie|host|origin|te|trailer|upgrade|via|expect|range|date|age|allow|vary|connection|keep-alive|user-agent|forwarded|traceparent|tracestate|x-real-ip|x-request-id|(?:accept|content|transfer|access-control|if|proxy|sec|x-forwarded|x-catnap|ce)-.*|accept)$/;

/** Whether a header, in any case, is not one that a Function may choose for a purpose of its own. */
export function hasOtherUse(header: string): boolean {
  return OTHER_USE.test(header.toLowerCase().replaceAll('_', '-'));
}
