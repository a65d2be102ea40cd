/** What an edge tells of itself: to its log, and to who listens (`event_webhook`). */

import type { EndpointEvent, EndpointEventType } from '#src/shared/endpoint-events.ts';
import type { SourceNews } from '#src/upstream/discovery/source-keeper.ts';

/**
 * Beside those of endpoints: servers that were added, changed or taken out by the API, what became
 * of a list of servers (DNS, a provider), and a configuration that was refused.
 */
export type EdgeEventType =
  | EndpointEventType
  | SourceNews['type']
  | 'server_changed'
  | 'configuration_refused';

/** One of them; `upstream` and `endpoint` are '' where it is about none. Plain data. */
export interface EdgeEvent extends Omit<EndpointEvent, 'type'> {
  readonly type: EdgeEventType;
}

/** For the log: what the API has changed. */
export function lineOfChange({ detail, endpoint, type, upstream }: EdgeEvent): string {
  const what = type.replace('server_', '');
  return `upstream "${upstream}": ${endpoint} was ${what} (api): ${detail}`;
}
