/** A CloudEvent: its attributes and extensions by name, and `data`. */
export type CloudEvent = { [attribute: string]: unknown; data?: unknown };
