/** The master's end of the API: hands requests to the generation that serves, and answers back. */
import { type ApiAnswer, type ApiRequest, errorAnswer } from '#src/admin/api-answer.ts';

/** What the desk needs of the master. */
export interface ApiDeskOwner {
  /** False: no generation serves. */
  sendApi(id: number, request: ApiRequest): boolean;
}

interface Asked {
  readonly request: ApiRequest;
  readonly resolve: (answer: ApiAnswer) => void;
}

/** Requests that wait at a time; more are refused. */
const MAX_WAITING = 256;

/** Requests on their way to a generation and back. */
export class ApiDesk {
  readonly #owner: ApiDeskOwner;
  readonly #asked = new Map<number, Asked>();
  /** Changes that came during a reload: the next generation shall have them. */
  readonly #held: Asked[] = [];
  #isHolding = false;
  #nextId = 1;
  #onQuiet = () => {};

  constructor(owner: ApiDeskOwner) {
    this.#owner = owner;
  }

  ask(request: ApiRequest): Promise<ApiAnswer> {
    if (this.#asked.size + this.#held.length >= MAX_WAITING) {
      return Promise.resolve(unavailable(`${MAX_WAITING} requests wait already`));
    }
    return new Promise((resolve) => {
      const asked = { request, resolve };
      if (this.#isHolding && request.method !== 'GET') this.#held.push(asked);
      else this.#send(asked);
    });
  }

  /**
   * From now on changes wait: the generation that serves is about to be followed by another. Resolves
   * when those that were asked for before are done, and kept: what is read then has them.
   */
  async hold(): Promise<void> {
    this.#isHolding = true;
    while (this.#areChanging()) {
      await new Promise<void>((resolve) => {
        this.#onQuiet = resolve;
      });
    }
  }

  /** They go to the generation that serves now. */
  release(): void {
    this.#isHolding = false;
    for (const asked of this.#held.splice(0)) this.#send(asked);
  }

  onAnswer(id: number, answer: ApiAnswer): void {
    this.#asked.get(id)?.resolve(answer);
    this.#asked.delete(id);
    this.#onQuiet();
  }

  /** The generation that was asked has gone. */
  onGone(): void {
    for (const { resolve } of this.#asked.values()) {
      resolve(unavailable('the generation ended before it had answered'));
    }
    this.#asked.clear();
    this.#onQuiet();
  }

  #areChanging(): boolean {
    return [...this.#asked.values()].some(({ request }) => request.method !== 'GET');
  }

  #send(asked: Asked): void {
    const id = this.#nextId++;
    this.#asked.set(id, asked);
    if (this.#owner.sendApi(id, asked.request)) return;
    this.onAnswer(id, unavailable('no generation serves now: ask again'));
  }
}

function unavailable(text: string): ApiAnswer {
  return errorAnswer(503, 'Unavailable', text);
}
