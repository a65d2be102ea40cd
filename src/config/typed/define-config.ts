/** `defineConfig`: what weir.config.ts exports. It gives back what it is given, with types. */
import type { WeirConfig } from './blocks.ts';

/** A configuration, or a function that makes one. */
export type ConfigSource = WeirConfig | (() => WeirConfig | Promise<WeirConfig>);

/**
 * The configuration of Weir: the directives of nginx.conf in camelCase, and functions.
 *
 *     export default defineConfig({ http: { server: [{ listen: 8080, location: { … } }] } });
 */
export function defineConfig(config: ConfigSource): ConfigSource {
  return config;
}
