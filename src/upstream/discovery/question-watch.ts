import type { RandomBits } from '#src/base/random-bits.ts';
import { type TimeoutOwner, TimerEntry, type TimerWheel } from '#src/base/timer-wheel.ts';
import type { DnsQuestion } from '#src/codecs/dns/dns-message.ts';
import { backOffMs, withJitterMs } from './back-off.ts';
import type { DnsClient, DnsOutcome } from './dns-client.ts';

/** However short a TTL is, a name is not asked for more often. */
export const MIN_VALID_MS = 1_000;
/** However long a TTL is, a name is asked for again after this. */
export const MAX_VALID_MS = 3_600_000;
/** That a name has no address of a family is believed for so long. */
export const NO_RECORDS_MS = 10_000;
/** After a failure the next try comes after this, and twice as long after each further one. */
export const FIRST_RETRY_MS = 1_000;
export const MAX_RETRY_MS = 30_000;

/** What all questions of one `resolver` have in common. */
export interface WatchSurroundings {
  readonly client: Pick<DnsClient, 'ask'>;
  readonly wheel: TimerWheel;
  readonly random: RandomBits;
  /** `resolver_timeout`. */
  readonly timeoutMs: number;
  /** `valid=`: in place of the TTL. */
  readonly validMs: number | undefined;
}

/** Told of what came of each try, never from inside `start`. */
export interface QuestionOwner {
  /** Also when there are none: the name exists, but has nothing of this type. */
  onRecords(outcome: Extract<DnsOutcome, { kind: 'records' }>): void;
  /** What was learned before stands. */
  onFailure(why: string): void;
}

/** Asks one question again and again: when its answer has become old, and after failures. */
export class QuestionWatch implements TimeoutOwner {
  readonly question: DnsQuestion;
  readonly #surroundings: WatchSurroundings;
  readonly #owner: QuestionOwner;
  readonly #timer = new TimerEntry(this);
  #failures = 0;
  #isClosed = false;

  constructor(question: DnsQuestion, surroundings: WatchSurroundings, owner: QuestionOwner) {
    this.question = question;
    this.#surroundings = surroundings;
    this.#owner = owner;
  }

  /** Asks for the first time. */
  start(): void {
    void this.#ask();
  }

  /** Its owner hears nothing more. */
  close(): void {
    this.#isClosed = true;
    this.#surroundings.wheel.forget(this.#timer);
  }

  /** TimeoutOwner. */
  onTimeout(): void {
    void this.#ask();
  }

  async #ask(): Promise<void> {
    const { client, timeoutMs } = this.#surroundings;
    const outcome = await client.ask(this.question, timeoutMs);
    if (this.#isClosed) return;
    if (outcome.kind === 'failed') {
      this.#again(backOffMs(this.#failures, FIRST_RETRY_MS, MAX_RETRY_MS));
      this.#failures += 1;
      this.#owner.onFailure(outcome.why);
    } else {
      this.#failures = 0;
      this.#again(this.#validMs(outcome));
      this.#owner.onRecords(outcome);
    }
  }

  #validMs({ ttlSec }: Extract<DnsOutcome, { kind: 'records' }>): number {
    const { validMs } = this.#surroundings;
    const ownMs = Number.isFinite(ttlSec) ? ttlSec * 1_000 : NO_RECORDS_MS;
    return Math.min(MAX_VALID_MS, Math.max(MIN_VALID_MS, validMs ?? ownMs));
  }

  #again(delayMs: number): void {
    const { random, wheel } = this.#surroundings;
    wheel.clock.refresh();
    wheel.arm(this.#timer, withJitterMs(delayMs, random));
  }
}
