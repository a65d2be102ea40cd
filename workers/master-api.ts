import type { ApiRequest } from '#src/admin/api-answer.ts';
import type { ErrorLog } from '#src/base/log.ts';
import { apiListensOf } from '#src/config/api-listen-argument.ts';
import { ApiDesk } from './api-desk.ts';
import { ApiDoors } from './api-doors.ts';
import type { GenerationProcess } from './generation-process.ts';
import type { Generations } from './generations.ts';
import type { Loaded } from './loaded.ts';
import type { FromGeneration } from './messages.ts';
import { SteeredServers } from './steered-servers.ts';

/** The API as far as the master has it: its doors, what is asked, and what it has changed. */
export class MasterApi {
  readonly #desk: ApiDesk;
  readonly #doors: ApiDoors;
  readonly #steered: SteeredServers;
  /** Of `state`, by upstream. */
  #stateFiles: Readonly<Record<string, string>> = {};

  constructor(log: ErrorLog, generations: Generations) {
    const sendApi = (id: number, request: ApiRequest): boolean => {
      generations.tellServing({ type: 'api-request', id, request });
      return generations.serving !== undefined;
    };
    this.#desk = new ApiDesk({ sendApi });
    this.#doors = new ApiDoors(
      (request) => this.#desk.ask(request),
      (line) => log.warn(line),
    );
    this.#steered = new SteeredServers((line) => log.alert(line));
  }

  /** What a generation begins with that goes on with the configuration it was changed under. */
  get steered(): ReturnType<SteeredServers['all']> {
    return this.#steered.all();
  }

  /** Another configuration serves: it began with what it says itself. */
  adopt({ outline }: Loaded): void {
    this.#steered.forget();
    this.#stateFiles = outline.stateFiles;
  }

  /** Where that configuration wants to be asked. */
  async open({ model: { main } }: Loaded): Promise<void> {
    await this.#doors.use(apiListensOf(main.apiListens, main.pidFile));
  }

  /** Resolves when what was to be changed is; more waits until `release`. */
  async hold(): Promise<void> {
    await this.#desk.hold();
  }

  release(): void {
    this.#desk.release();
  }

  onAnswer({ id, answer, servers }: Extract<FromGeneration, { type: 'api-answer' }>): void {
    this.#desk.onAnswer(id, this.#steered.keep(answer, servers, this.#stateFiles));
  }

  /** A location of a generation asks, be it one that drains. */
  async onAsked(
    generation: GenerationProcess,
    { id, question }: Extract<FromGeneration, { type: 'api-ask' }>,
  ): Promise<void> {
    const answer = await this.#desk.ask(question);
    generation.tell({ type: 'api-told', id, answer });
  }

  /** The generation that was asked has gone. */
  onGone(): void {
    this.#desk.onGone();
  }

  close(): void {
    this.#doors.close();
  }
}
