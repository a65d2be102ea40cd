import type { NamedUpstream } from '#src/admin/live-upstream.ts';
import { formatAddress } from '#src/base/address.ts';
import type { Model } from '#src/config/model.ts';
import { withoutCompiled } from '#src/config/packed-model.ts';
import type { ConfigTree } from '#src/config/tree.ts';
import { transportTier } from '#src/transport/transport.ts';
import {
  type EndpointConfig,
  slotsOf,
  type UpstreamConfig,
} from '#src/upstream/endpoint/upstream-config.ts';
import type { RosterSetting } from '#src/upstream/roster/roster.ts';
import type { Outline } from './messages.ts';
import { pathOf } from './outline-names.ts';

/**
 * The master's extract of a model. Endpoints have names that mean the same in another generation,
 * at their number in the endpoint table: those of the first upstream, then of the second, and so on.
 */
export function outlineOf(model: Model, { file, program }: ConfigTree): Outline {
  const { healthChecks, upstreams, hash, main, servers } = model;
  /** Spare places have no name, and are of no interest else. */
  const perPlace = <T>(of: (endpoint: EndpointConfig | undefined, upstream: UpstreamConfig) => T) =>
    upstreams.flatMap((upstream) =>
      Array.from({ length: slotsOf(upstream) }, (_, at) => of(upstream.endpoints[at], upstream)),
    );
  const endpoints = perPlace((endpoint, { name }) => (endpoint ? pathOf(name, endpoint) : ''));
  const parts = servers.map(({ locations, conditional }) => {
    return 1 + locations.length + conditional.length;
  });
  return {
    endpoints,
    upstreams: upstreams.map(({ name }) => name),
    endpointUpstreams: upstreams.flatMap((upstream, id) =>
      Array.from({ length: slotsOf(upstream) }, () => id),
    ),
    endpointWanted: perPlace((endpoint) => endpoint?.down === false && !endpoint.drain),
    upstreamJudges: upstreams.map(({ judges }) => judges ?? null),
    endpointWeights: perPlace((endpoint) => endpoint?.weight ?? 0),
    endpointTiers: perPlace((endpoint) => endpoint?.tier ?? 0),
    endpointSlowStarts: perPlace((endpoint) => (endpoint?.slowStartMs ?? 0) > 0),
    endpointConcurrency: perPlace((_, { concurrency }) => concurrency ?? null),
    rosters: rostersOf(upstreams),
    zones: upstreams.flatMap(({ sticky }, id) => {
      const bytes = sticky?.zone?.bytes;
      return bytes === undefined ? [] : [{ upstream: id, bytes }];
    }),
    healthChecks,
    named: namedUpstreams(model),
    eventWebhooks: main.eventWebhooks,
    stateFiles: Object.fromEntries(
      upstreams.flatMap(({ name, statePath = null }) =>
        statePath === null ? [] : [[name, statePath]],
      ),
    ),
    firstListen: firstListen(model),
    policies: upstreams.map(({ policy }) => policy.name),
    functions: (program?.functions ?? []).map(({ name }) => name),
    parts: program?.parts ?? [],
    configFile: file,
    configHash: hash,
    partCount: parts.reduce((sum, count) => sum + count, endpoints.filter(Boolean).length),
    tier: transportTier(),
    shutdownTimeoutMs: main.workerShutdownTimeoutMs,
  };
}

function namedUpstreams({ upstreams }: Model): NamedUpstream[] {
  let firstEndpoint = 0;
  return upstreams.flatMap((upstream, id) => {
    const { endpoints, implicit, name, queue } = upstream;
    const first = firstEndpoint;
    firstEndpoint += slotsOf(upstream);
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

/** Those that may change while the generation runs, without what is compiled. */
function rostersOf(upstreams: readonly UpstreamConfig[]): RosterSetting[] {
  let firstEndpoint = 0;
  return upstreams.flatMap((upstream, id) => {
    const first = firstEndpoint;
    const slots = slotsOf(upstream);
    firstEndpoint += slots;
    if (upstream.slots === undefined) return [];
    return [{ id, config: withoutCompiled(upstream), firstEndpoint: first, slots }];
  });
}
