import type { Model } from '#src/config/model.ts';
import { transportTier } from '#src/transport/transport.ts';
import type { Outline } from './messages.ts';

/**
 * The master's extract of a model. Endpoints have names that mean the same in another generation,
 * at their number in the endpoint table: those of the first upstream, then of the second, and so on.
 */
export function outlineOf(model: Model, configFile: string): Outline {
  const { upstreams, hash, main } = model;
  return {
    endpoints: upstreams.flatMap(({ name, endpoints }) =>
      endpoints.map((endpoint) => `${name}/${endpoint.name}`),
    ),
    upstreams: upstreams.map(({ name }) => name),
    configFile,
    configHash: hash,
    tier: transportTier(),
    shutdownTimeoutMs: main.workerShutdownTimeoutMs,
  };
}
