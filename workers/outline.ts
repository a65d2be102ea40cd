import type { NamedUpstream } from '#src/admin/live-upstream.ts';
import { formatAddress } from '#src/base/address.ts';
import type { Model } from '#src/config/model.ts';
import type { ConfigTree } from '#src/config/tree.ts';
import type { EndpointFacts, StatusModel } from '#src/shared/status-report.ts';
import { transportTier } from '#src/transport/transport.ts';
import type { Outline } from './messages.ts';

/**
 * The master's extract of a model. Endpoints have names that mean the same in another generation,
 * at their number in the endpoint table: those of the first upstream, then of the second, and so on.
 */
export function outlineOf(model: Model, { file, program }: ConfigTree): Outline {
  const { healthChecks, upstreams, hash, main, servers } = model;
  const endpoints = upstreams.flatMap(({ name, endpoints: own }) =>
    own.map((endpoint) => `${name}/${endpoint.name}`),
  );
  const parts = servers.map(({ locations, conditional }) => {
    return 1 + locations.length + conditional.length;
  });
  return {
    endpoints,
    upstreams: upstreams.map(({ name }) => name),
    endpointUpstreams: upstreams.flatMap(({ endpoints: own }, id) => own.map(() => id)),
    endpointWeights: upstreams.flatMap(({ endpoints: own }) => own.map(({ weight }) => weight)),
    endpointTiers: upstreams.flatMap(({ endpoints: own }) => own.map(({ tier }) => tier)),
    endpointSlowStarts: upstreams.flatMap(({ endpoints: own }) =>
      own.map(({ slowStartMs }) => slowStartMs > 0),
    ),
    endpointConcurrency: upstreams.flatMap(({ concurrency, endpoints: own }) =>
      own.map(() => concurrency ?? null),
    ),
    endpointWanted: upstreams.flatMap(({ endpoints: own }) =>
      own.map(({ down, drain }) => !down && !drain),
    ),
    upstreamJudges: upstreams.map(({ judges }) => judges ?? null),
    zones: upstreams.flatMap(({ sticky }, id) => {
      const bytes = sticky?.zone?.bytes;
      return bytes === undefined ? [] : [{ upstream: id, bytes }];
    }),
    healthChecks,
    named: namedUpstreams(model),
    eventWebhooks: main.eventWebhooks,
    firstListen: firstListen(model),
    policies: upstreams.map(({ policy }) => policy.name),
    functions: (program?.functions ?? []).map(({ name }) => name),
    parts: program?.parts ?? [],
    configFile: file,
    configHash: hash,
    partCount: parts.reduce((sum, count) => sum + count, endpoints.length),
    tier: transportTier(),
    shutdownTimeoutMs: main.workerShutdownTimeoutMs,
  };
}

function namedUpstreams({ upstreams }: Model): NamedUpstream[] {
  let firstEndpoint = 0;
  return upstreams.flatMap(({ endpoints, implicit, name, queue }, id) => {
    const first = firstEndpoint;
    firstEndpoint += endpoints.length;
    if (implicit) return [];
    return [{ id, name, firstEndpoint: first, queueLength: queue?.length ?? 0, endpoints }];
  });
}

/** NGINX Plus tells the address without its port. */
function firstListen({ listens }: Model): string {
  const address = listens[0]?.address;
  if (address === undefined) return '';
  return address.kind === 'tcp' ? address.host : formatAddress(address);
}

/** Its upstreams again, as a status report names them. */
export function statusModelOf(outline: Outline): StatusModel {
  const { endpointTiers, endpointUpstreams, endpointWeights, endpoints, policies } = outline;
  const groups = outline.upstreams.map((name, id) => ({
    name,
    policy: { name: policies[id] ?? '' },
    endpoints: [] as EndpointFacts[],
  }));
  endpoints.forEach((path, at) => {
    const group = groups[endpointUpstreams[at] ?? -1];
    const name = path.slice((group?.name.length ?? 0) + 1);
    const [weight = 1, tier = 0] = [endpointWeights[at], endpointTiers[at]];
    group?.endpoints.push({ name, weight, tier });
  });
  return { upstreams: groups };
}
