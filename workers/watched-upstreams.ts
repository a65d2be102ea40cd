/** The upstreams that the API tells of, and the watch over their endpoints, in a generation's main thread. */
import { type EdgeEvent, lineOfChange } from '#src/admin/edge-event.ts';
import { type HealthOf, LiveUpstream } from '#src/admin/live-upstream.ts';
import { type RosterLike, RosterList } from '#src/admin/roster-list.ts';
import type { StateServer } from '#src/admin/state-file.ts';
import { WATCH_INTERVAL_MS } from '#src/admin/state-watch.ts';
import type { ErrorLog } from '#src/base/log.ts';
import type { EndpointEvents } from '#src/shared/endpoint-events.ts';
import type { EndpointTable } from '#src/shared/endpoint-table.ts';
import type { Outline } from './messages.ts';

/** What they need of the generation. */
export interface WatchHome {
  readonly endpoints: EndpointTable;
  readonly healthOf: HealthOf;
  /** Whoever finds out something about endpoints tells it here. */
  readonly events: EndpointEvents;
  readonly log: ErrorLog;
  /** Of an upstream by its id; undefined: it cannot change. */
  readonly rosterOf: (upstream: number) => RosterLike | undefined;
  /** What an earlier generation with the same configuration was told to have, by upstream. */
  readonly steered: Readonly<Record<string, readonly StateServer[]>>;
  /** Where what somebody changed is told. */
  readonly send: (event: EdgeEvent) => void;
}

/** Watches from now on, until the process ends. */
export function watchUpstreams(
  { named }: Outline,
  { endpoints, events, healthOf, log, rosterOf, send, steered }: WatchHome,
): readonly LiveUpstream[] {
  const upstreams = named.map((one) => {
    const roster = rosterOf(one.id);
    if (roster === undefined) return new LiveUpstream(one, endpoints, events, undefined, healthOf);
    const list = new RosterList(one.name, roster, (event) => {
      log.notice(lineOfChange(event));
      send(event);
    });
    const servers = Object.hasOwn(steered, one.name) ? steered[one.name] : undefined;
    if (servers !== undefined) list.restore(servers);
    return new LiveUpstream(one, endpoints, events, list, healthOf);
  });
  setInterval(() => {
    const nowMs = Date.now();
    for (const upstream of upstreams) upstream.look(nowMs);
  }, WATCH_INTERVAL_MS);
  return upstreams;
}
