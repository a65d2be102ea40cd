import type { Model } from '#src/config/model.ts';
import type { ConfigTree } from '#src/config/tree.ts';
import { transportTier } from '#src/transport/transport.ts';
import type { Outline } from './messages.ts';

/**
 * The master's extract of a model. Endpoints have names that mean the same in another generation,
 * at their number in the endpoint table: those of the first upstream, then of the second, and so on.
 */
export function outlineOf(model: Model, { file, program }: ConfigTree): Outline {
  const { upstreams, hash, main } = model;
  return {
    endpoints: upstreams.flatMap(({ name, endpoints }) =>
      endpoints.map((endpoint) => `${name}/${endpoint.name}`),
    ),
    upstreams: upstreams.map(({ name }) => name),
    functions: (program?.functions ?? []).map(({ name }) => name),
    configFile: file,
    configHash: hash,
    tier: transportTier(),
    shutdownTimeoutMs: main.workerShutdownTimeoutMs,
  };
}
