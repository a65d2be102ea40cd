/** The pages of `stub_status` and `status_json`: sums over the shared rows, and the facts. */

import type { StatusPage } from '#src/proxy/proxy.ts';
import { currentFacts } from '#src/shared/facts.ts';
import type { SharedState } from '#src/shared/shared-state.ts';
import { type StatusModel, statusReport } from '#src/shared/status-report.ts';
import {
  CONNECTIONS_ACCEPTED,
  CONNECTIONS_ACTIVE,
  CONNECTIONS_READING,
  CONNECTIONS_REFUSED,
  CONNECTIONS_WAITING,
  CONNECTIONS_WRITING,
  REQUESTS,
} from '#src/shared/thread-rows.ts';

/** The page as it is now. */
export function statusPage(
  format: 'stub' | 'json',
  model: StatusModel,
  shared: SharedState,
): StatusPage {
  if (format === 'stub') return { contentType: 'text/plain', body: stubPage(shared) };
  const body = `${JSON.stringify(statusReport(model, shared, currentFacts()), null, 2)}\n`;
  return { contentType: 'application/json', body };
}

/** nginx's format, byte for byte: monitoring reads it by regular expression. */
function stubPage({ rows }: SharedState): string {
  const accepted = rows.total(CONNECTIONS_ACCEPTED);
  const handled = accepted - rows.total(CONNECTIONS_REFUSED);
  return (
    `Active connections: ${rows.total(CONNECTIONS_ACTIVE)} \n` +
    'server accepts handled requests\n' +
    ` ${accepted} ${handled} ${rows.total(REQUESTS)} \n` +
    `Reading: ${rows.total(CONNECTIONS_READING)} Writing: ${rows.total(CONNECTIONS_WRITING)} ` +
    `Waiting: ${rows.total(CONNECTIONS_WAITING)} \n`
  );
}
