/** A proxy thread's end of the API: what locations with `api` ask, on its way to the master. */
import { type ApiQuestion, type ApiReply, type AskApi, errorReply } from '#src/proxy/api-run.ts';

/** Questions of one thread that wait at a time; more are refused. */
const MAX_WAITING = 64;

export class ThreadApi {
  readonly #send: (id: number, question: ApiQuestion) => void;
  readonly #waiting = new Map<number, (reply: ApiReply) => void>();
  #nextId = 1;

  constructor(send: (id: number, question: ApiQuestion) => void) {
    this.#send = send;
  }

  readonly ask: AskApi = (question, then) => {
    if (this.#waiting.size >= MAX_WAITING) {
      return then(errorReply(503, 'Unavailable', `${MAX_WAITING} requests wait already`));
    }
    const id = this.#nextId++;
    this.#waiting.set(id, then);
    this.#send(id, question);
  };

  onReply(id: number, reply: ApiReply): void {
    const then = this.#waiting.get(id);
    this.#waiting.delete(id);
    then?.(reply);
  }
}
