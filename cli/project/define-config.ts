import type { Settings } from './settings.ts';

/** What a folder's functions are being read for. */
export interface ConfigRequest {
  command: 'dev' | 'deploy' | 'render';
}

/** What catnap.config.ts exports by default. */
export type Config = Settings | ((request: ConfigRequest) => Settings | Promise<Settings>);

/** Gives catnap.config.ts its types: `export default defineConfig({ … })`. */
export function defineConfig(config: Config): Config {
  return config;
}
