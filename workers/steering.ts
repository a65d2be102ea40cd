/** The API of a generation, in its main thread. */
import type { ApiAnswer, ApiRequest } from '#src/admin/api-answer.ts';
import type { LiveUpstream } from '#src/admin/live-upstream.ts';
import type { StateServer } from '#src/admin/state-file.ts';
import type { Facts } from '#src/shared/facts.ts';
import type { SharedState } from '#src/shared/shared-state.ts';
import type { Outline } from './messages.ts';

/** What the API tells of. */
export interface SteeringWorld {
  readonly outline: Outline;
  readonly state: SharedState;
  readonly facts: () => Facts;
  readonly upstreams: readonly LiveUpstream[];
}

/** An answer, and who is in the upstream that was changed. */
export interface SteeringAnswer {
  readonly answer: ApiAnswer;
  readonly servers: readonly StateServer[];
}

/** Answers what comes in by the master's sockets. Its code is loaded when somebody asks. */
export class Steering {
  readonly #world: SteeringWorld;
  #answering: Promise<(request: ApiRequest) => SteeringAnswer> | undefined = undefined;

  constructor(world: SteeringWorld) {
    this.#world = world;
  }

  /** In the order in which they were asked. */
  async answer(request: ApiRequest): Promise<SteeringAnswer> {
    this.#answering ??= open(this.#world);
    return (await this.#answering)(request);
  }
}

async function open({ facts, outline, state: { rows }, upstreams }: SteeringWorld) {
  const { PlusApi } = await import('#src/admin/plus-api.ts');
  const { stateServers } = await import('#src/admin/state-file.ts');
  const api = new PlusApi({ rows, facts, address: outline.firstListen, upstreams });
  return (request: ApiRequest): SteeringAnswer => {
    const answer = api.answer(request);
    const changed = upstreams.find(({ name }) => name === answer.changed);
    if (changed === undefined) return { answer, servers: [] };
    const { rosters } = outline;
    const sources = rosters.find(({ config }) => config.name === changed.name)?.config.discovery;
    return { answer, servers: stateServers(changed.members(), sources) };
  };
}
