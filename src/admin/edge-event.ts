/** What an edge tells of itself: to its log, and to who listens (`event_webhook`). */
import type { EndpointEvent, EndpointEventType } from '#src/shared/endpoint-events.ts';

/**
 * Beside those of endpoints: servers that were added, changed or taken out by the API, and a
 * configuration that was refused.
 */
export type EdgeEventType =
  | EndpointEventType
  | 'server_added'
  | 'server_changed'
  | 'server_removed'
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
