/** Everything in a generation's main thread that decides about endpoints, or tells of them. */
import type { EdgeEvent } from '#src/admin/edge-event.ts';
import type { ErrorLog } from '#src/base/log.ts';
import { EndpointEvents, lineOfEvent } from '#src/shared/endpoint-events.ts';
import type { Facts } from '#src/shared/facts.ts';
import type { SharedState } from '#src/shared/shared-state.ts';
import { type StatusReport, statusReport } from '#src/shared/status-report.ts';
import type { AdaptiveLimits } from '#src/upstream/adaptive-limits.ts';
import type { SourceListener } from '#src/upstream/discovery/source-keeper.ts';
import type { Roster, RosterList, RosterMember } from '#src/upstream/roster/roster.ts';
import { ROSTER_LOOK_MS, Rosters } from '#src/upstream/roster/rosters.ts';
import type { GenerationDiscovery } from './discovery.ts';
import type { GenerationFeatures } from './generation-features.ts';
import type { HealthChecks } from './health-checks.ts';
import { JudgedMembers } from './judged-members.ts';
import type { Judging } from './judging.ts';
import { LiveOutline } from './live-outline.ts';
import { applyForeign, applySnapshot, takeLoad, takeSnapshot } from './load-report.ts';
import type { LoadReport, Snapshot, StartOrder } from './messages.ts';
import { statusModelOf } from './outline-names.ts';
import type { ProviderHost } from './provider-slot.ts';
import { Steering } from './steering.ts';

/** What it needs of the generation. */
export interface CareHome {
  readonly log: ErrorLog;
  readonly state: SharedState;
  readonly features: GenerationFeatures;
  readonly providers: ProviderHost;
  /** To every thread that runs. */
  publish(list: RosterList): void;
  /** It draws back: the generation after it judges the same endpoints, and speaks. */
  isQuiet(): boolean;
  facts(): Facts;
}

/** It begins at once: who waits for its first check is out before a thread serves. */
export class EndpointCare {
  readonly rosters: Rosters;
  readonly steering: Steering;
  readonly #home: CareHome;
  readonly #live: LiveOutline;
  readonly #judged: JudgedMembers;
  readonly #events = new EndpointEvents();
  readonly #health: HealthChecks | undefined;
  readonly #discovery: GenerationDiscovery | undefined;
  readonly #limits: AdaptiveLimits | undefined;
  readonly #judging: Judging | undefined;
  readonly #toWebhooks: ((event: EdgeEvent) => void) | undefined;

  constructor({ outline, steered }: StartOrder, home: CareHome) {
    const { features, log, state } = home;
    const { endpoints } = state;
    const events = this.#events;
    this.#home = home;
    this.#live = new LiveOutline(outline);
    this.rosters = new Rosters(outline.rosters, endpoints, {
      publish: (list) => home.publish(list),
      onTenant: (...what) => this.#onTenant(...what),
      warn: (line) => log.warn(line),
      notice: (line) => log.notice(line),
    });
    this.#judged = new JudgedMembers(outline, this.rosters.all);
    this.#toWebhooks = features.webhooks?.openWebhooks(outline, log);
    events.listen((event) => {
      const { level, text } = lineOfEvent(event);
      log.log(level, text);
    });
    events.listen((event) => this.send(event));
    if (features.health) {
      this.#health = new features.health.HealthChecks(outline, endpoints, { events, log });
    }
    this.#limits = features.limits?.learnLimits(outline, endpoints);
    if (features.discovery) {
      const { GenerationDiscovery } = features.discovery;
      const listener: SourceListener = {
        say: (level, line) => log.log(level, line),
        tell: (news) => home.isQuiet() || this.send(news),
      };
      this.#discovery = new GenerationDiscovery(this.rosters, listener, home.providers);
    }
    if (this.rosters.all.length > 0) setInterval(() => this.rosters.look(), ROSTER_LOOK_MS);
    const watched = features.watch?.watchUpstreams(outline, {
      endpoints,
      events,
      log,
      healthOf: (endpoint) => this.#health?.report(endpoint),
      rosterOf: (upstream) => this.rosters.at(upstream),
      send: (event) => this.send(event),
      steered,
    });
    this.steering = new Steering({
      outline,
      state,
      facts: () => home.facts(),
      upstreams: watched ?? [],
    });
    this.#judging = features.judging?.judge(outline, endpoints, this.#judged, {
      tell: (event) => home.isQuiet() || events.tell(event),
      warn: (line) => home.isQuiet() || log.warn(line),
    });
  }

  /** Calls when upstreams have their first endpoints, or have waited for them long enough. */
  whenSettled(then: () => void): void {
    if (this.#discovery === undefined) then();
    else this.#discovery.whenSettled(then);
  }

  /** To where events are sent; the log has it already. */
  send(event: EdgeEvent): void {
    this.#toWebhooks?.(event);
  }

  /** Goes on with what an older generation knew. */
  restore(snapshot: Snapshot): void {
    applySnapshot(this.#live.outline, this.#home.state, snapshot, this.rosters);
    this.#judging?.restore(snapshot.judges ?? []);
    this.#health?.restore(snapshot.checks ?? []);
  }

  /** For the next generation. */
  take(): Snapshot {
    return {
      ...takeSnapshot(this.#live.outline, this.#home.state, this.rosters),
      judges: this.#judging?.take() ?? [],
      checks: this.#health?.take() ?? [],
    };
  }

  /** What older generations still have in flight. */
  addForeign(load: LoadReport): void {
    applyForeign(this.#live.outline, this.#home.state, load);
  }

  /** What this generation alone has in flight and has counted. */
  get load(): LoadReport {
    return takeLoad(this.#live.outline, this.#home.state);
  }

  get status(): StatusReport {
    return statusReport(statusModelOf(this.#live.outline), this.#home.state, this.#home.facts());
  }

  /** Another generation checks from now on. */
  stopChecks(): void {
    this.#health?.stop();
  }

  /** What depends on who has a place in the endpoint table. */
  #onTenant(roster: Roster, slot: number, member: RosterMember | undefined, isNew: boolean): void {
    const endpoint = roster.endpointOf(slot);
    this.#live.onTenant(roster, slot, member);
    this.#judged.onTenant(roster.id, endpoint, isNew);
    if (member === undefined || isNew) {
      this.#health?.onTenant(roster.id, endpoint, member?.config);
    }
    if (!isNew) return;
    this.#limits?.forget(endpoint);
    this.#home.state.sessions.get(roster.id)?.forget(slot);
  }
}
