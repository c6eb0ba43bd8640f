/** Tells when a file grows. */
import { type FSWatcher, watch } from 'node:fs';

/** Where the machine has no more watches to give, the file is looked at this often. */
const LOOK_MS = 250;

/** Calls `changed` whenever the file may have grown, and does not keep the process alive; returns how to stop it. */
export function onGrowth(file: string, changed: () => void): () => void {
  let watcher: FSWatcher;
  try {
    watcher = watch(file, { persistent: false }, changed);
  } catch {
    const timer = setInterval(changed, LOOK_MS).unref();
    return () => clearInterval(timer);
  }
  // A file that ends with its folder while it is watched is no news.
  watcher.on('error', () => watcher.close());
  return () => watcher.close();
}
