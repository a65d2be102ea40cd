/**
 * A generation's part in what its locations with `api` ask. The master decides who answers, as for
 * its own doors: changes wait during a reload, and are kept. Without a master this generation can
 * still be looked at.
 */
import { type ApiAnswer, errorAnswer } from '#src/admin/api-answer.ts';
import type { ApiQuestion } from '#src/proxy/api-run.ts';

/** Whom it needs. */
export interface LocationApiHome {
  /** False: there is no master. */
  toMaster(id: number, question: ApiQuestion): boolean;
  answerHere(question: ApiQuestion): Promise<ApiAnswer>;
}

interface Waiting {
  readonly thread: number;
  tell(answer: ApiAnswer): void;
}

export class LocationApi {
  readonly #home: LocationApiHome;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;

  constructor(home: LocationApiHome) {
    this.#home = home;
  }

  /** A thread asks. */
  ask(thread: number, question: ApiQuestion, tell: (answer: ApiAnswer) => void): void {
    const id = this.#nextId++;
    this.#waiting.set(id, { thread, tell });
    if (!this.#home.toMaster(id, question)) void this.#answerAlone(id, question);
  }

  /** From the master. */
  onAnswer(id: number, answer: ApiAnswer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    waiting?.tell(answer);
  }

  /** It has ended. The one that takes its place numbers its questions alike, and must not be told. */
  onThreadGone(thread: number): void {
    for (const [id, waiting] of this.#waiting) {
      if (waiting.thread === thread) this.#waiting.delete(id);
    }
  }

  /** Whatever was on its way there is lost. */
  onMasterGone(): void {
    for (const id of this.#waiting.keys()) this.onAnswer(id, withoutMaster());
  }

  async #answerAlone(id: number, question: ApiQuestion): Promise<void> {
    const isLook = question.method === 'GET';
    this.onAnswer(id, isLook ? await this.#home.answerHere(question) : withoutMaster());
  }
}

function withoutMaster(): ApiAnswer {
  return errorAnswer(503, 'Unavailable', 'the master process is gone: nothing can be changed');
}
