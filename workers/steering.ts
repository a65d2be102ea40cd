/** What a generation's main thread has for whoever looks at its upstreams, or steers them. */
import { hostname } from 'node:os';
import type { ApiAnswer, ApiRequest } from '#src/admin/api-answer.ts';
import { type EdgeEvent, lineOfChange } from '#src/admin/edge-event.ts';
import { type HealthOf, LiveUpstream } from '#src/admin/live-upstream.ts';
import { PlusApi } from '#src/admin/plus-api.ts';
import { type RosterLike, RosterList } from '#src/admin/roster-list.ts';
import { type StateServer, stateServers } from '#src/admin/state-file.ts';
import { WATCH_INTERVAL_MS } from '#src/admin/state-watch.ts';
import type { Webhook } from '#src/admin/webhook.ts';
import type { ErrorLog } from '#src/base/log.ts';
import type { EndpointEvents } from '#src/shared/endpoint-events.ts';
import type { Facts } from '#src/shared/facts.ts';
import type { SharedState } from '#src/shared/shared-state.ts';
import type { Outline } from './messages.ts';

/** What of the generation the API tells of, and where it is told. */
export interface SteeringHome {
  readonly facts: () => Facts;
  readonly healthOf: HealthOf;
  /** Whoever finds out something about endpoints tells it here. */
  readonly events: EndpointEvents;
  readonly log: ErrorLog;
  /** Of an upstream by its id; undefined: it cannot change. */
  readonly rosterOf: (upstream: number) => RosterLike | undefined;
  /** What an earlier generation with the same configuration was told to have, by upstream. */
  readonly steered: Readonly<Record<string, readonly StateServer[]>>;
}

/** The API of this generation, the watch over its endpoints, and where its events go. */
export class Steering {
  readonly #api: PlusApi;
  readonly #upstreams: readonly LiveUpstream[];
  /** Loaded when there are any: they bring Node's HTTP. */
  readonly #webhooks: Promise<readonly Webhook[]>;

  constructor(
    outline: Outline,
    state: SharedState,
    { events, facts, healthOf, log, rosterOf, steered }: SteeringHome,
  ) {
    const { endpoints, rows } = state;
    this.#webhooks = openWebhooks(outline, log);
    events.listen((event) => this.send(event));
    const upstreams = outline.named.map((named) => {
      const roster = rosterOf(named.id);
      if (roster === undefined) {
        return new LiveUpstream(named, endpoints, events, undefined, healthOf);
      }
      const list = new RosterList(named.name, roster, (event) => {
        log.notice(lineOfChange(event));
        this.send(event);
      });
      const servers = Object.hasOwn(steered, named.name) ? steered[named.name] : undefined;
      if (servers !== undefined) list.restore(servers);
      return new LiveUpstream(named, endpoints, events, list, healthOf);
    });
    this.#upstreams = upstreams;
    this.#api = new PlusApi({ rows, facts, address: outline.firstListen, upstreams });
    if (upstreams.length === 0) return;
    setInterval(() => {
      const nowMs = Date.now();
      for (const upstream of upstreams) upstream.look(nowMs);
    }, WATCH_INTERVAL_MS);
  }

  /** `servers`: who is in the upstream that was changed. */
  answer(request: ApiRequest): { answer: ApiAnswer; servers: readonly StateServer[] } {
    const answer = this.#api.answer(request);
    const changed = this.#upstreams.find(({ name }) => name === answer.changed);
    return { answer, servers: changed === undefined ? [] : stateServers(changed.members()) };
  }

  /** To where events are sent; the log has it already. */
  send(event: EdgeEvent): void {
    void this.#webhooks.then((all) => {
      for (const webhook of all) webhook.send(event);
    });
  }
}

async function openWebhooks(
  { configFile, eventWebhooks }: Outline,
  log: ErrorLog,
): Promise<readonly Webhook[]> {
  if (eventWebhooks.length === 0) return [];
  const { Webhook } = await import('#src/admin/webhook.ts');
  const around = {
    origin: { host: hostname(), configuration: configFile },
    later: (ms: number, then: () => void) => void setTimeout(then, ms),
    warn: (line: string) => log.warn(line),
  };
  return eventWebhooks.map((config) => new Webhook(config, around));
}
