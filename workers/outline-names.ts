/** Names of an outline. Apart from what makes one, which a generation would load for nothing. */
import type { EndpointFacts, StatusModel } from '#src/shared/status-report.ts';
import type { EndpointConfig } from '#src/upstream/endpoint/upstream-config.ts';
import type { Outline } from './messages.ts';

/** What an endpoint is called in all generations. */
export function pathOf(upstream: string, endpoint: Pick<EndpointConfig, 'name'>): string {
  return `${upstream}/${endpoint.name}`;
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
    if (path === '') return;
    const name = path.slice((group?.name.length ?? 0) + 1);
    const [weight = 1, tier = 0] = [endpointWeights[at], endpointTiers[at]];
    group?.endpoints.push({ id: at, name, weight, tier });
  });
  return { upstreams: groups };
}
