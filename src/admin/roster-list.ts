/** A roster (src/upstream/roster) as the API steers it, and what is told of its changes. */
import { parseAddress } from '#src/base/address.ts';
import { type EndpointConfig, USUAL_TRAITS } from '#src/upstream/endpoint/upstream-config.ts';
import type { EdgeEvent, EdgeEventType } from './edge-event.ts';
import type { MemberList } from './live-upstream.ts';
import type { StateServer } from './state-file.ts';
import type { MemberChanges, SteeredMember, SteeringResult } from './steered-upstream.ts';

/** As a roster has it. */
type Member = Omit<SteeredMember, 'state'>;

/** What of a roster is used; it never throws. */
export interface RosterLike {
  readonly members: readonly Member[];
  add(config: EndpointConfig): RosterOutcome;
  change(slot: number, changes: MemberChanges): RosterOutcome;
  remove(slot: number): RosterOutcome;
}

/** What came of it. */
export interface RosterOutcome {
  readonly added: readonly Member[];
  /** Undefined: it was done. */
  readonly problem: 'empty' | 'full' | 'unknown' | undefined;
  readonly advice: string;
}

/** Steers one roster. */
export class RosterList implements MemberList {
  readonly #upstream: string;
  readonly #roster: RosterLike;
  readonly #tell: (event: EdgeEvent) => void;

  constructor(upstream: string, roster: RosterLike, tell: (event: EdgeEvent) => void) {
    this.#upstream = upstream;
    this.#roster = roster;
    this.#tell = tell;
  }

  members(): readonly Member[] {
    return this.#roster.members;
  }

  add(config: EndpointConfig, admin: SteeredMember['admin']): SteeringResult {
    const wanted = { ...config, down: admin === 'down', drain: admin === 'drain' };
    const outcome = this.#roster.add(wanted);
    const [member] = outcome.added;
    if (member === undefined) return refused(outcome);
    this.#event('server_added', config.name, describe({ ...config, admin }));
    return { ok: true, slot: member.slot };
  }

  change(slot: number, changes: MemberChanges): SteeringResult {
    const outcome = this.#roster.change(slot, changes);
    if (outcome.problem !== undefined) return refused(outcome);
    const name = this.#roster.members.find((member) => member.slot === slot)?.config.name ?? '';
    this.#event('server_changed', name, describe(changes));
    return { ok: true, slot };
  }

  remove(slot: number): SteeringResult {
    const name = this.#roster.members.find((member) => member.slot === slot)?.config.name ?? '';
    const outcome = this.#roster.remove(slot);
    if (outcome.problem !== undefined) return refused(outcome);
    this.#event('server_removed', name, 'what is in flight there ends');
    return { ok: true, slot };
  }

  /**
   * Makes the upstream what an earlier generation was told to have: its process has died, and this
   * one starts with the configuration as it was read. Nobody is told: nothing has changed.
   */
  restore(servers: readonly StateServer[]): void {
    // Names that are followed are in the configuration, and so followed already.
    const own = servers.filter(({ resolve }) => resolve === undefined);
    const wanted = new Map(own.map((server) => [server.name, server]));
    for (const { config, slot, source } of this.#roster.members) {
      const isOurs = source === 'configuration' || source === 'api';
      const server = wanted.get(config.name);
      if (server !== undefined) this.#roster.change(slot, changesOf(server));
      else if (isOurs) this.#roster.remove(slot);
      wanted.delete(config.name);
    }
    for (const server of wanted.values()) {
      const config = configOf(server);
      if (config !== undefined) this.#roster.add(config);
    }
  }

  #event(type: EdgeEventType, endpoint: string, detail: string): void {
    this.#tell({
      type,
      upstream: this.#upstream,
      endpoint,
      reason: 'api',
      detail,
      atMs: Date.now(),
    });
  }
}

function refused({ advice, problem }: RosterOutcome): SteeringResult {
  return { ok: false, reason: problem === 'unknown' ? 'gone' : 'full', text: advice };
}

/** `weight 5, drain`: what somebody wanted. */
function describe({ admin, maxConns, weight }: MemberChanges): string {
  const words: string[] = [];
  if (weight !== undefined) words.push(`weight ${weight}`);
  if (maxConns) words.push(`max_conns ${maxConns}`);
  if (admin !== undefined) words.push(admin);
  return words.length === 0 ? 'other parameters' : words.join(', ');
}

function changesOf(server: StateServer): MemberChanges {
  const { admin, failTimeoutMs, maxConns, maxFails, route, slowStartMs, weight } = server;
  return { admin, failTimeoutMs, maxConns, maxFails, route, slowStartMs, weight };
}

function configOf({ admin, ...server }: StateServer): EndpointConfig | undefined {
  const address = parseAddress(server.name, 80);
  if (address === undefined) return undefined;
  const place = { file: 'API', line: 0, column: 0 };
  const wanted = { down: admin === 'down', drain: admin === 'drain' };
  return { ...USUAL_TRAITS, ...server, ...wanted, address, place };
}
