/** What a status page tells, as a value: sums over the shared rows, and the facts. */
import { PRODUCT, VERSION } from '#src/base/version.ts';
import { outReasons } from './endpoint-standing.ts';
import type { EndpointTable } from './endpoint-table.ts';
import { type EndpointTimes, sharedNowMs } from './endpoint-times.ts';
import type { Facts } from './facts.ts';
import { jainIndex } from './fairness.ts';
import { END_COLUMNS, REASON_COLUMNS } from './reason-columns.ts';
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
  FAULT_DELAYS,
  FAULT_RATES,
  FUNCTION_CALLS,
  FUNCTION_ERRORS,
  INTERNAL_ERRORS,
  LOG_LINES_DROPPED,
  REQUESTS,
  RESPONSES_1XX,
  type ThreadRows,
  UPSTREAM_CONNECTS,
  UPSTREAM_REUSES,
} from './thread-rows.ts';

/** An endpoint as it is configured, or was changed since. */
export interface EndpointFacts {
  /** In the endpoint table. */
  readonly id: number;
  readonly name: string;
  readonly weight: number;
  /** 0, or its rank of `backup`. */
  readonly tier: number;
}

/** What the report must know of the model: its upstreams, by id. */
export interface StatusModel {
  readonly upstreams: readonly {
    readonly name: string;
    readonly policy: { readonly name: string };
    readonly endpoints: readonly EndpointFacts[];
  }[];
}

function endpointReport({ id, name, weight, tier }: EndpointFacts, table: EndpointTable) {
  const nowMs = sharedNowMs(performance.now());
  const isVacant = table.isVacant(id);
  return {
    name,
    weight,
    ...(tier === 0 ? {} : { backup: tier }),
    active: table.active(id),
    ...outOf(table.standing.out(id)),
    ...(table.standing.isDegraded(id) ? { degraded: true } : {}),
    ...limitOf(table.learnedLimit(id)),
    requests: isVacant ? 0 : table.requests(id),
    failures: isVacant ? 0 : table.failures(id),
    errorAnswers: isVacant ? 0 : table.errorAnswers(id),
    busySeconds: isVacant ? 0 : table.busyMs(id) / 1000,
    // Only policies that look at times have them recorded.
    ...(isVacant ? {} : timesOf(table.times, id, nowMs)),
  };
}

function timesOf(times: EndpointTimes, id: number, nowMs: number) {
  const headerMs = times.headerMs(id, nowMs);
  if (headerMs < 0) return {};
  return { headerMs, responseMs: times.totalMs(id, nowMs), peakMs: times.peakMs(id, nowMs) };
}

/** Why it gets nothing. */
function outOf(bits: number) {
  return bits === 0 ? {} : { out: outReasons(bits) };
}

/** What it was learned to take at a time. */
function limitOf(learned: number) {
  return learned === 0 ? {} : { learnedLimit: learned };
}

type Loaded = Pick<
  ReturnType<typeof endpointReport>,
  'active' | 'busySeconds' | 'weight' | 'backup'
>;

/** Jain's index over the first endpoints, for their weights: of what is in flight, of time so far. */
function balanceOf(endpoints: readonly Loaded[]) {
  const first = endpoints.filter(({ backup }) => backup === undefined);
  return {
    inFlight: jainIndex(first.map(({ active, weight }) => active / weight)),
    busy: jainIndex(first.map(({ busySeconds, weight }) => busySeconds / weight)),
  };
}

function countsOf(rows: ThreadRows, columns: Readonly<Record<string, number>>) {
  const counts = Object.entries(columns).map(([name, at]) => [name, rows.total(at)] as const);
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}

/** What was done on purpose (`fault`), once something was. */
function faultsOf(rows: ThreadRows) {
  const delayed = rows.total(FAULT_DELAYS);
  const slowed = rows.total(FAULT_RATES);
  const aborted = rows.total(REASON_COLUMNS.fault_abort);
  return delayed + slowed + aborted === 0 ? {} : { faults: { delayed, aborted, slowed } };
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
  const { queues, retries } = endpoints;
  const upstreams = model.upstreams.map((upstream, number) => {
    const own = upstream.endpoints.map((known) => endpointReport(known, endpoints));
    return {
      name: upstream.name,
      policy: upstream.policy.name,
      balance: balanceOf(own),
      queue: { length: queues.length(number), largest: queues.largest(number) },
      // Answered with 503 since the start, by reason.
      shed: {
        upstream_full: queues.shedCount(number, 'without_queue'),
        queue_full: queues.shedCount(number, 'full'),
        queue_timeout: queues.shedCount(number, 'timeout'),
        // By breakers and admission_control together.
        turned_away: endpoints.admissions.turnedAway(number),
      },
      // Tries beyond the first, and those that `retry_budget` did not allow.
      retries: { taken: retries.taken(number), refused: retries.refused(number) },
      endpoints: own,
    };
  });
  const shares = (column: number) => threads.map(({ thread }) => rows.row(thread)[column] ?? 0);
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
    // Why Weir answered itself, or ended an exchange; and why connections ended. Those that were met.
    reasons: countsOf(rows, REASON_COLUMNS),
    connectionEnds: countsOf(rows, END_COLUMNS),
    bytes: { in: rows.total(BYTES_IN), out: rows.total(BYTES_OUT) },
    upstreamConnections: {
      dialed: rows.total(UPSTREAM_CONNECTS),
      reused: rows.total(UPSTREAM_REUSES),
    },
    functions: { calls: rows.total(FUNCTION_CALLS), failures: rows.total(FUNCTION_ERRORS) },
    ...faultsOf(rows),
    logLinesDropped: rows.total(LOG_LINES_DROPPED),
    threads,
    // Jain's index over the threads: 1 is even, 1/n is one thread doing everything.
    threadBalance: {
      connections: jainIndex(shares(CONNECTIONS_ACTIVE)),
      requests: jainIndex(shares(REQUESTS)),
    },
    upstreams,
  };
}
