import { sharedNowMs } from '#src/shared/endpoint-times.ts';
import type { SharedSizes } from '#src/shared/layout.ts';
import type { SharedState } from '#src/shared/shared-state.ts';
import { COLUMN_COUNT, GAUGES } from '#src/shared/thread-rows.ts';
import type { LoadReport, Outline, Snapshot } from './messages.ts';

/** Sizes of the shared memory that a configuration needs. */
export function sizesOf(outline: Outline, threadCount: number): SharedSizes {
  const { endpoints, upstreams } = outline;
  return { threadCount, endpointCount: endpoints.length, upstreamCount: upstreams.length };
}

/** What a newer generation continues with. */
export function takeSnapshot({ endpoints, upstreams }: Outline, state: SharedState): Snapshot {
  const nowMs = sharedNowMs(performance.now());
  const { times } = state.endpoints;
  return {
    turns: upstreams.map((name, id) => [name, state.endpoints.turn(id)]),
    endpoints: endpoints.map((name, id) => {
      const isKnown = times.headerMs(id, nowMs) >= 0;
      return {
        name,
        times: isKnown ? times.take(id, nowMs) : [],
        joinedAtMs: times.joinedAtMs(id),
        learnedLimit: state.endpoints.learnedLimit(id),
      };
    }),
  };
}

/** Takes over what still exists in this configuration; who is new in it starts slowly if it may. */
export function applySnapshot(outline: Outline, state: SharedState, snapshot: Snapshot): void {
  const turns = new Map(snapshot.turns);
  for (const [id, name] of outline.upstreams.entries()) {
    const turn = turns.get(name);
    if (turn !== undefined) state.endpoints.setTurn(id, turn);
  }
  const known = new Map(snapshot.endpoints.map((endpoint) => [endpoint.name, endpoint]));
  const { times } = state.endpoints;
  for (const [id, name] of outline.endpoints.entries()) {
    const before = known.get(name);
    if (before !== undefined) {
      if (before.times.length > 0) times.restore(id, before.times);
      times.join(id, before.joinedAtMs);
      const isLearned = before.learnedLimit > 0 && outline.endpointConcurrency[id] !== null;
      if (isLearned) state.endpoints.setLearnedLimit(id, before.learnedLimit);
    } else if (outline.endpointSlowStarts[id]) times.join(id, sharedNowMs(performance.now()));
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
