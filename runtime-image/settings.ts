import type { Level, LogFormat } from './telemetry/log.ts';

/** How the process runs, whatever function it serves. */
export interface ProcessSettings {
  /** Traffic port; 0: any free one. */
  port: number;
  /** Address to listen on; undefined: all, IPv6 and IPv4. */
  host: string | undefined;
  /** 0: any free one. */
  metricsPort: number;
  podUid: string;
  /** Least severe level that is logged. */
  logLevel: Level;
  /** undefined: text on a terminal, else JSON. */
  logFormat: LogFormat | undefined;
}
