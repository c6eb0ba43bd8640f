/** A container's log as it lies on disk. */
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { isAbsent, type RunFiles, textOf } from './container-files.ts';
import { type LogMark, lastWords, parseIndex } from './log-lines.ts';
import type { Container } from './pod-context.ts';

/** All of it; empty when there is none. */
export function readLog(files: RunFiles): Buffer {
  try {
    return readFileSync(files.log);
  } catch (error) {
    if (isAbsent(error)) return Buffer.alloc(0);
    throw error;
  }
}

/** What was written from byte `from` on. A log that is shorter by now was cut: from its beginning. */
export function readLogFrom(files: RunFiles, from: number): { offset: number; bytes: Buffer } {
  const file = openSync(files.log, 'r');
  try {
    const { size } = fstatSync(file);
    const offset = size < from ? 0 : from;
    const bytes = Buffer.alloc(size - offset);
    const read = readSync(file, bytes, 0, bytes.length, offset);
    return { offset, bytes: bytes.subarray(0, read) };
  } finally {
    closeSync(file);
  }
}

export function readMarks(files: RunFiles): LogMark[] {
  return parseIndex(textOf(files.index) ?? '');
}

/** With `FallbackToLogsOnError`, a container that failed leaves its last lines as its message. */
export function terminationMessage(
  container: Container,
  exitCode: number,
  files: RunFiles | undefined,
): string | undefined {
  if (container.terminationMessagePolicy !== 'FallbackToLogsOnError' || exitCode === 0) return undefined;
  if (files === undefined) return undefined;
  const words = lastWords(readLog(files));
  return words === '' ? undefined : words;
}
