/**
 * Data path. The addresses of names that only a request tells: asked of the servers of one
 * `resolver`, kept as long as the answer says, for one thread. Of requests that want a name at the
 * same time one asks. What is known costs a look-up in a map; what is not allocates a question.
 */

import { type TimeoutOwner, TimerEntry, type TimerWheel } from '#src/base/timer-wheel.ts';
import type { ResolverConfig } from './resolver-argument.ts';

/** Names that are kept; then the one that was asked for first goes. */
export const MAX_KEPT_NAMES = 1000;
/** One server has this long for its first answer, then another or the same is asked again. */
const QUERY_TIMEOUT_MS = 2_000;
const MAX_QUERY_TIMEOUT_MS = 5_000;
const QUERY_TRIES = 4;

/** Told once, unless it cancels; never from inside `ask`. */
export interface NameClient {
  /** At least one address, as text. The same array as long as it is the same answer. */
  onResolved(addresses: readonly string[]): void;
  /** `why`: of DNS (`ENOTFOUND`, `ESERVFAIL`, `ECONNREFUSED` …), or that it took too long. */
  onUnresolved(why: string): void;
}

/** A name that somebody waits for. */
export interface PendingName {
  /** The client is told nothing afterwards. */
  cancel(): void;
}

interface Answer {
  readonly addresses: readonly string[];
  readonly untilMs: number;
}

export class NameResolver {
  readonly #config: ResolverConfig;
  readonly #wheel: TimerWheel;
  /** Loaded with the first of them. */
  readonly #dns = new (process.getBuiltinModule('node:dns').Resolver)({
    timeout: QUERY_TIMEOUT_MS,
    maxTimeout: MAX_QUERY_TIMEOUT_MS,
    tries: QUERY_TRIES,
  });
  readonly #answers = new Map<string, Answer>();
  readonly #questions = new Map<string, Question>();

  constructor(config: ResolverConfig, wheel: TimerWheel) {
    this.#config = config;
    this.#wheel = wheel;
    this.#dns.setServers(config.servers);
  }

  /** What is known of a name (lower case) and still holds. */
  known(name: string): readonly string[] | undefined {
    const answer = this.#answers.get(name);
    if (answer === undefined) return undefined;
    if (answer.untilMs > this.#wheel.clock.nowMs) return answer.addresses;
    this.#answers.delete(name);
    return undefined;
  }

  /** Asks for a name (lower case), or waits with those who asked before. */
  ask(name: string, timeoutMs: number, client: NameClient): PendingName {
    let question = this.#questions.get(name);
    if (question === undefined) {
      question = new Question();
      this.#questions.set(name, question);
      this.#send(name, question);
    }
    const waiter = new Waiter(client, this.#wheel, question);
    this.#wheel.arm(waiter.timer, timeoutMs);
    question.waiters.add(waiter);
    return waiter;
  }

  /** Names that are kept now, asked for now. */
  get keptCount(): number {
    return this.#answers.size;
  }
  get askedCount(): number {
    return this.#questions.size;
  }

  /** Asks no more; who waits is not told. */
  close(): void {
    for (const { waiters } of this.#questions.values()) {
      for (const waiter of waiters) this.#wheel.forget(waiter.timer);
      waiters.clear();
    }
    this.#questions.clear();
    this.#answers.clear();
    this.#dns.cancel();
  }

  #send(name: string, question: Question): void {
    const { ipv4, ipv6 } = this.#config;
    question.openCount = ipv4 && ipv6 ? 2 : 1;
    const onAnswer = (
      error: NodeJS.ErrnoException | null,
      records: readonly { readonly address: string; readonly ttl: number }[] = [],
    ): void => this.#take(name, question, error, records);
    if (ipv4) this.#dns.resolve4(name, { ttl: true }, onAnswer);
    if (ipv6) this.#dns.resolve6(name, { ttl: true }, onAnswer);
  }

  #take(
    name: string,
    question: Question,
    error: NodeJS.ErrnoException | null,
    records: readonly { readonly address: string; readonly ttl: number }[],
  ): void {
    if (this.#questions.get(name) !== question) return; // closed meanwhile
    for (const { address, ttl } of records) {
      question.addresses.push(address);
      question.ttlSec = Math.min(question.ttlSec, ttl);
    }
    // That a name has no address of one family is no error while it has one of the other.
    if (error?.code !== undefined && error.code !== 'ENODATA') question.why = error.code;
    question.openCount -= 1;
    if (question.openCount > 0) return;
    this.#questions.delete(name);
    if (question.addresses.length > 0) this.#keep(name, question);
    for (const waiter of question.waiters) waiter.settle();
  }

  #keep(name: string, { addresses, ttlSec }: Question): void {
    const validMs = this.#config.validMs ?? ttlSec * 1000;
    if (validMs <= 0) return;
    if (this.#answers.size >= MAX_KEPT_NAMES) {
      const [oldest] = this.#answers.keys();
      if (oldest !== undefined) this.#answers.delete(oldest);
    }
    this.#answers.set(name, { addresses, untilMs: this.#wheel.clock.refresh() + validMs });
  }
}

/** What is being asked of DNS. */
class Question {
  readonly waiters = new Set<Waiter>();
  readonly addresses: string[] = [];
  ttlSec = Number.POSITIVE_INFINITY;
  why = 'ENODATA';
  /** Families whose answer is still to come. */
  openCount = 0;
}

class Waiter implements PendingName, TimeoutOwner {
  readonly timer = new TimerEntry(this);
  readonly #client: NameClient;
  readonly #wheel: TimerWheel;
  readonly #question: Question;

  constructor(client: NameClient, wheel: TimerWheel, question: Question) {
    this.#client = client;
    this.#wheel = wheel;
    this.#question = question;
  }

  settle(): void {
    this.#wheel.forget(this.timer);
    const { addresses, why } = this.#question;
    if (addresses.length > 0) this.#client.onResolved(addresses);
    else this.#client.onUnresolved(why);
  }

  cancel(): void {
    this.#wheel.forget(this.timer);
    this.#question.waiters.delete(this);
  }

  onTimeout(): void {
    this.#question.waiters.delete(this);
    this.#client.onUnresolved('no answer within resolver_timeout');
  }
}
