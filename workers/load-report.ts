import { sharedNowMs } from '#src/shared/endpoint-times.ts';
import type { SharedSizes } from '#src/shared/layout.ts';
import { COLUMN_COUNT } from '#src/shared/reason-columns.ts';
import { sessionNowSec, TAKEN_NUMBERS } from '#src/shared/session-table.ts';
import type { SharedState } from '#src/shared/shared-state.ts';
import { GAUGES } from '#src/shared/thread-rows.ts';
import type { Rosters } from '#src/upstream/roster/rosters.ts';
import type { LoadReport, Outline, Snapshot, SourceSnapshot } from './messages.ts';

const TAKEN_BYTES = TAKEN_NUMBERS * Int32Array.BYTES_PER_ELEMENT;

/** Sizes of the shared memory that a configuration needs. */
export function sizesOf(outline: Outline, threadCount: number): SharedSizes {
  const { endpoints, upstreams } = outline;
  const counts = { endpointCount: endpoints.length, upstreamCount: upstreams.length };
  return { threadCount, ...counts, zones: outline.zones };
}

/** What a newer generation continues with. */
export function takeSnapshot(outline: Outline, state: SharedState, rosters?: Rosters): Snapshot {
  const { endpoints, upstreams } = outline;
  const nowMs = sharedNowMs(performance.now());
  const { times } = state.endpoints;
  return {
    turns: upstreams.map((name, id) => [name, state.endpoints.turn(id)]),
    sessions: takeSessions(outline, state, nowMs),
    sourced: takeSourced(rosters),
    endpoints: endpoints.flatMap((name, id) => {
      if (name === '') return [];
      const isKnown = times.headerMs(id, nowMs) >= 0;
      const endpoint = {
        name,
        times: isKnown ? times.take(id, nowMs) : [],
        joinedAtMs: times.joinedAtMs(id),
        learnedLimit: state.endpoints.learnedLimit(id),
      };
      return [endpoint];
    }),
  };
}

/** Takes over what still exists in this configuration; who is new in it starts slowly if it may. */
export function applySnapshot(
  outline: Outline,
  state: SharedState,
  snapshot: Snapshot,
  rosters?: Rosters,
): void {
  restoreSourced(rosters, snapshot);
  const turns = new Map(snapshot.turns);
  for (const [id, name] of outline.upstreams.entries()) {
    const turn = turns.get(name);
    if (turn !== undefined) state.endpoints.setTurn(id, turn);
  }
  restoreSessions(outline, state, snapshot);
  const known = new Map(snapshot.endpoints.map((endpoint) => [endpoint.name, endpoint]));
  const { times } = state.endpoints;
  for (const [id, name] of outline.endpoints.entries()) {
    if (name === '') continue;
    const before = known.get(name);
    if (before !== undefined) {
      if (before.times.length > 0) times.restore(id, before.times);
      times.join(id, before.joinedAtMs);
      const isLearned = before.learnedLimit > 0 && outline.endpointConcurrency[id] !== null;
      if (isLearned) state.endpoints.setLearnedLimit(id, before.learnedLimit);
    } else if (outline.endpointSlowStarts[id]) times.join(id, sharedNowMs(performance.now()));
  }
}

/** What was said by others than the configuration, which is new, and the API, which is asked again. */
function takeSourced(rosters: Rosters | undefined): SourceSnapshot[] {
  return (rosters?.all ?? []).flatMap(({ config: { name }, members }) => {
    const sources = new Set(members.map(({ source }) => source));
    return [...sources].filter(isCarried).map((source) => ({
      upstream: name,
      source,
      endpoints: members.filter((one) => one.source === source).map(({ config }) => config),
    }));
  });
}

function isCarried(source: string): boolean {
  return source !== 'configuration' && source !== 'api';
}

/** Until a source that the configuration still has says something itself. */
function restoreSourced(rosters: Rosters | undefined, { sourced }: Snapshot): void {
  for (const { endpoints, source, upstream } of sourced) {
    const roster = rosters?.named(upstream);
    const isAsked = roster?.config.sources?.includes(source) === true;
    if (isAsked && roster.membersOf(source).length === 0) roster.replace(source, endpoints);
  }
}

/** Of each table the sessions that hold, by the names of their endpoints. */
function takeSessions(
  { endpointUpstreams, endpoints, upstreams }: Outline,
  { sessions }: SharedState,
  nowMs: number,
): Snapshot['sessions'] {
  return [...sessions].map(([id, table]) => {
    const numbers = Int32Array.from(table.take(sessionNowSec(nowMs)));
    return {
      upstream: upstreams[id] ?? '',
      endpoints: endpoints.filter((_, at) => endpointUpstreams[at] === id),
      packed: Buffer.from(numbers.buffer).toString('base64'),
    };
  });
}

/** Sessions of endpoints that are gone are forgotten; what was learned here meanwhile holds. */
function restoreSessions(outline: Outline, state: SharedState, { sessions }: Snapshot): void {
  const nowSec = sessionNowSec(sharedNowMs(performance.now()));
  const hash = new Int32Array(2);
  for (const [id, table] of state.sessions) {
    const name = outline.upstreams[id] ?? '';
    const before = sessions.find(({ upstream }) => upstream === name);
    if (before === undefined) continue;
    const own = outline.endpoints.filter((_, at) => outline.endpointUpstreams[at] === id);
    const places = before.endpoints.map((endpoint) => (endpoint ? own.indexOf(endpoint) : -1));
    const bytes = Buffer.from(before.packed, 'base64');
    for (let at = 0; at + TAKEN_BYTES <= bytes.length; at += TAKEN_BYTES) {
      hash[0] = bytes.readInt32LE(at);
      hash[1] = bytes.readInt32LE(at + 4);
      const place = places[bytes.readInt32LE(at + 8)] ?? -1;
      if (place < 0 || table.find(hash, nowSec) >= 0) continue;
      table.put(hash, place, bytes.readInt32LE(at + 12), nowSec, true);
    }
  }
}

/** What this generation alone has in flight and has counted. */
export function takeLoad({ endpoints }: Outline, state: SharedState): LoadReport {
  const inFlight: [string, number][] = [];
  for (const [id, name] of endpoints.entries()) {
    const count = state.endpoints.ownActive(id);
    if (count !== 0) inFlight.push([name, count]);
  }
  const totals: number[] = [];
  for (let column = 0; column < COLUMN_COUNT; column++) totals.push(state.rows.ownTotal(column));
  return { inFlight, totals };
}

/** Writes the rows `foreign`: the sum of what the older generations report. */
export function applyForeign({ endpoints }: Outline, state: SharedState, load: LoadReport): void {
  const inFlight = new Map(load.inFlight);
  for (const [id, name] of endpoints.entries()) {
    state.endpoints.setForeign(id, inFlight.get(name) ?? 0);
  }
  state.endpoints.queues.wakeAllFirst(); // of what others had, something may be free
  state.rows.foreign.set(load.totals.slice(0, COLUMN_COUNT));
}

/** One report that says what several say. */
export function sumLoads(loads: readonly LoadReport[]): LoadReport {
  const inFlight = new Map<string, number>();
  const totals: number[] = [];
  for (const load of loads) {
    for (const [name, count] of load.inFlight) {
      inFlight.set(name, (inFlight.get(name) ?? 0) + count);
    }
    for (const [column, count] of load.totals.entries()) {
      totals[column] = (totals[column] ?? 0) + count;
    }
  }
  return { inFlight: [...inFlight], totals };
}

/** What remains of a report when its generation has ended: it counted, but holds nothing open. */
export function withoutGauges(load: LoadReport): LoadReport {
  const isGauge = (column: number) => GAUGES.some((gauge) => gauge === column);
  return {
    inFlight: [],
    totals: load.totals.map((count, column) => (isGauge(column) ? 0 : count)),
  };
}
