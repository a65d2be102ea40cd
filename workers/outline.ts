import type { Model } from '#src/config/model.ts';
import type { ConfigTree } from '#src/config/tree.ts';
import { transportTier } from '#src/transport/transport.ts';
import type { Outline } from './messages.ts';

/**
 * The master's extract of a model. Endpoints have names that mean the same in another generation,
 * at their number in the endpoint table: those of the first upstream, then of the second, and so on.
 */
export function outlineOf(model: Model, { file, program }: ConfigTree): Outline {
  const { upstreams, hash, main, servers } = model;
  const endpoints = upstreams.flatMap(({ name, endpoints: own }) =>
    own.map((endpoint) => `${name}/${endpoint.name}`),
  );
  const parts = servers.map(({ locations, conditional }) => {
    return 1 + locations.length + conditional.length;
  });
  return {
    endpoints,
    upstreams: upstreams.map(({ name }) => name),
    functions: (program?.functions ?? []).map(({ name }) => name),
    configFile: file,
    configHash: hash,
    partCount: parts.reduce((sum, count) => sum + count, endpoints.length),
    tier: transportTier(),
    shutdownTimeoutMs: main.workerShutdownTimeoutMs,
  };
}
