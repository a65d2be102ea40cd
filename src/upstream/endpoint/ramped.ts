import type { JudgeConfigs } from './judge-config.ts';
import type { EndpointConfig } from './upstream-config.ts';

/** The trial of a breaker is a slow start: with one for each endpoint, all of them start slowly. */
export function rampedBy(
  judges: JudgeConfigs | null | undefined,
  endpoints: readonly EndpointConfig[],
): readonly EndpointConfig[] {
  const { rampMs, scope } = judges?.breaker ?? { rampMs: 0, scope: 'upstream' };
  if (scope === 'upstream') return endpoints;
  return endpoints.map((endpoint) =>
    endpoint.slowStartMs > 0 ? endpoint : { ...endpoint, slowStartMs: rampMs },
  );
}
