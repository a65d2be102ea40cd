/** Whether a source says something new of an endpoint. */
import type { EndpointConfig } from '#src/upstream/endpoint/upstream-config.ts';

/** All but where it is written, and by whom, is the same. */
export function isSameEndpoint(one: EndpointConfig, other: EndpointConfig): boolean {
  return textOf(one) === textOf(other);
}

function textOf({ place: _, source: __, ...config }: EndpointConfig): string {
  return JSON.stringify(Object.entries(config).sort(([a], [b]) => (a < b ? -1 : 1)));
}
