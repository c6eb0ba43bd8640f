import { Counter, Gauge, type Registry } from 'prom-client';

interface Sources {
  followed: () => number;
  open: () => number;
  waiting: () => number;
  storedBytes: () => number;
  functions: () => number;
  readers: () => number;
}

/** Call once per registry. */
export function keeperCounters(registry: Registry) {
  const registers = [registry];
  const counter = (name: string, help: string) => new Counter({ name: `catnap_logs_${name}`, help, registers });
  const lines = counter('lines_total', 'Lines of functions that were kept.');
  const bytes = counter('bytes_total', 'Bytes of the lines that were kept.');
  const dropped = counter(
    'dropped_lines_total',
    'Lines that were left out because their function wrote more than it may.',
  );
  const breaks = counter(
    'stream_breaks_total',
    'Streams from the API server that broke, or could not be opened; each is tried again.',
  );
  const failures = counter(
    'write_failures_total',
    'Times that lines were lost because they could not be written to the disk.',
  );
  const answers = new Counter({
    name: 'catnap_logs_answers_total',
    help: 'Requests for logs that were answered, by status.',
    labelNames: ['status'] as const,
    registers,
  });
  return {
    kept: (size: number) => {
      lines.inc();
      bytes.inc(size);
    },
    dropped: () => dropped.inc(),
    interrupted: () => breaks.inc(),
    writeFailed: () => failures.inc(),
    answered: (status: number) => answers.inc({ status: String(status) }),
  };
}

/** Call once per registry. */
export function keeperGauges(registry: Registry, sources: Sources): void {
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name: `catnap_logs_${name}`,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  gauge('containers', 'Containers whose logs are followed.', sources.followed);
  gauge('streams', 'Streams from the API server that are open.', sources.open);
  gauge('streams_waiting', 'Containers that wait for one, because as many are open as may be.', sources.waiting);
  gauge('stored_bytes', 'Bytes that the kept lines take.', sources.storedBytes);
  gauge('functions', 'Functions of which lines are kept.', sources.functions);
  gauge('readers', 'Requests for logs that are being answered.', sources.readers);
}
