/** What a status page tells, as a value: sums over the shared rows, and the facts. */
import { PRODUCT, VERSION } from '#src/base/version.ts';
import type { Facts } from './facts.ts';
import type { SharedState } from './shared-state.ts';
import {
  BYTES_IN,
  BYTES_OUT,
  CONNECTIONS_ACCEPTED,
  CONNECTIONS_ACTIVE,
  CONNECTIONS_READING,
  CONNECTIONS_REFUSED,
  CONNECTIONS_WAITING,
  CONNECTIONS_WRITING,
  FUNCTION_CALLS,
  FUNCTION_ERRORS,
  INTERNAL_ERRORS,
  LOG_LINES_DROPPED,
  REQUESTS,
  RESPONSES_1XX,
  UPSTREAM_CONNECTS,
  UPSTREAM_REUSES,
} from './thread-rows.ts';

/** What the report must know of the model: its upstreams, in the order of the endpoint table. */
export interface StatusModel {
  readonly upstreams: readonly {
    readonly name: string;
    readonly endpoints: readonly { readonly name: string; readonly weight: number }[];
  }[];
}

/** What `status_json` tells, as a value. Times in milliseconds since the epoch. */
export type StatusReport = ReturnType<typeof statusReport>;

/** The report as it is now; without `facts` (unit tests) it has the counts alone. */
export function statusReport(model: StatusModel, shared: SharedState, facts: Facts | undefined) {
  const { endpoints, rows, sizes } = shared;
  const threads = Array.from({ length: sizes.threadCount }, (_, thread) => {
    const row = rows.row(thread);
    return {
      thread,
      ...facts?.threads.find((known) => known.thread === thread),
      accepted: row[CONNECTIONS_ACCEPTED],
      active: row[CONNECTIONS_ACTIVE],
      requests: row[REQUESTS],
    };
  });
  let id = 0;
  const upstreams = model.upstreams.map((upstream) => ({
    name: upstream.name,
    endpoints: upstream.endpoints.map(({ name, weight }) => {
      const endpoint = id++;
      return {
        name,
        weight,
        active: endpoints.active(endpoint),
        requests: endpoints.requests(endpoint),
        failures: endpoints.failures(endpoint),
      };
    }),
  }));
  return {
    product: PRODUCT,
    version: VERSION,
    ...facts,
    uptimeMs: facts === undefined ? undefined : Date.now() - facts.startedAtMs,
    connections: {
      accepted: rows.total(CONNECTIONS_ACCEPTED),
      active: rows.total(CONNECTIONS_ACTIVE),
      reading: rows.total(CONNECTIONS_READING),
      writing: rows.total(CONNECTIONS_WRITING),
      waiting: rows.total(CONNECTIONS_WAITING),
      refused: rows.total(CONNECTIONS_REFUSED),
    },
    requests: {
      total: rows.total(REQUESTS),
      responses: Object.fromEntries(
        ['1xx', '2xx', '3xx', '4xx', '5xx'].map((family, at) => [
          family,
          rows.total(RESPONSES_1XX + at),
        ]),
      ),
      internalErrors: rows.total(INTERNAL_ERRORS),
    },
    bytes: { in: rows.total(BYTES_IN), out: rows.total(BYTES_OUT) },
    upstreamConnections: {
      dialed: rows.total(UPSTREAM_CONNECTS),
      reused: rows.total(UPSTREAM_REUSES),
    },
    functions: { calls: rows.total(FUNCTION_CALLS), failures: rows.total(FUNCTION_ERRORS) },
    logLinesDropped: rows.total(LOG_LINES_DROPPED),
    threads,
    upstreams,
  };
}
