/** The objects of NGINX Plus's API that tell how the edge is: sums over the shared rows, and facts. */
import { VERSION } from '#src/base/version.ts';
import type { Facts } from '#src/shared/facts.ts';
import {
  CONNECTIONS_ACCEPTED,
  CONNECTIONS_ACTIVE,
  CONNECTIONS_REFUSED,
  CONNECTIONS_WAITING,
  CONNECTIONS_WRITING,
  REQUESTS,
  type ThreadRows,
} from '#src/shared/thread-rows.ts';
import type { ServerIds } from './server-ids.ts';
import type { PeerChecks, SteeredMember, SteeredUpstream } from './steered-upstream.ts';

/** `/nginx`: what runs, since when, and for the how many-th time with another configuration. */
export function nginxObject(facts: Facts, address: string) {
  return {
    version: VERSION,
    build: `weir-${VERSION}`,
    address,
    generation: facts.generation,
    load_timestamp: new Date(facts.loadedAtMs).toISOString(),
    timestamp: new Date().toISOString(),
    pid: facts.generationPid,
    ppid: facts.masterPid,
  };
}

/** `/processes`: who died and was replaced, processes and threads. */
export function processesObject({ generationDeathCount, threads }: Facts) {
  const deaths = threads.reduce((sum, { deathCount }) => sum + deathCount, generationDeathCount);
  return { respawned: deaths };
}

/** `/connections`: over all threads, and what older generations counted. */
export function connectionsObject(rows: Pick<ThreadRows, 'total'>) {
  return connectionsOf((column) => rows.total(column));
}

/** `/http/requests`. */
export function requestsObject(rows: Pick<ThreadRows, 'total'>) {
  return { total: rows.total(REQUESTS), current: rows.total(CONNECTIONS_WRITING) };
}

/** `/workers`: one for each thread; they share a process. */
export function workersObject(rows: ThreadRows, facts: Facts) {
  return Array.from({ length: rows.threadCount }, (_, id) => {
    const row = rows.row(id);
    const read = (column: number) => row[column] ?? 0;
    return {
      id,
      pid: facts.generationPid,
      connections: connectionsOf(read),
      http: { requests: { total: read(REQUESTS), current: read(CONNECTIONS_WRITING) } },
    };
  });
}

/** Plus counts idle connections apart from active ones. */
function connectionsOf(read: (column: number) => number) {
  const idle = read(CONNECTIONS_WAITING);
  return {
    accepted: read(CONNECTIONS_ACCEPTED),
    dropped: read(CONNECTIONS_REFUSED),
    active: Math.max(0, read(CONNECTIONS_ACTIVE) - idle),
    idle,
  };
}

/** `/ssl`: this version has no TLS, so that nothing was counted. */
export function sslObject() {
  return {
    handshakes: 0,
    handshakes_failed: 0,
    session_reuses: 0,
    no_common_protocol: 0,
    no_common_cipher: 0,
    handshake_timeout: 0,
    peer_rejected_cert: 0,
    verify_failures: {
      no_cert: 0,
      expired_cert: 0,
      revoked_cert: 0,
      hostname_mismatch: 0,
      other: 0,
    },
  };
}

/** One of `/http/upstreams`. */
export function upstreamObject(upstream: SteeredUpstream, ids: ServerIds) {
  const { queue, zone } = upstream;
  return {
    peers: upstream.members().map((member) => peerObject(upstream, member, ids)),
    ...(queue === undefined
      ? {}
      : {
          queue: { size: queue.size, max_size: queue.maxSize, overflows: queue.overflows },
        }),
    zone,
  };
}

function peerObject(upstream: SteeredUpstream, member: SteeredMember, ids: ServerIds) {
  const { config, slot, state } = member;
  const counts = upstream.counts(slot);
  return {
    id: ids.idOf(slot),
    server: config.name,
    name: config.server,
    backup: config.tier > 0,
    weight: config.weight,
    state,
    ...(counts.isDegraded === true ? { degraded: true } : {}),
    active: counts.active,
    ...(config.maxConns === 0 ? {} : { max_conns: config.maxConns }),
    requests: counts.requests,
    ...(counts.headerMs < 0 ? {} : { header_time: Math.round(counts.headerMs) }),
    ...(counts.responseMs < 0 ? {} : { response_time: Math.round(counts.responseMs) }),
    ...(counts.responses === undefined ? {} : { responses: responsesObject(counts.responses) }),
    ...counts.bytes,
    fails: counts.fails,
    unavail: counts.unavail,
    health_checks: checksObject(upstream.checks(slot)),
    downtime: Math.round(counts.downtimeMs),
    ...(counts.downSinceMs === 0 ? {} : { downstart: new Date(counts.downSinceMs).toISOString() }),
  };
}

function responsesObject(families: readonly number[]) {
  const of = (family: number) => families[family - 1] ?? 0;
  return {
    '1xx': of(1),
    '2xx': of(2),
    '3xx': of(3),
    '4xx': of(4),
    '5xx': of(5),
    total: of(1) + of(2) + of(3) + of(4) + of(5),
  };
}

function checksObject({ checks, fails, unhealthy, lastPassed }: PeerChecks) {
  const last = lastPassed === undefined ? {} : { last_passed: lastPassed };
  return { checks, fails, unhealthy, ...last };
}
