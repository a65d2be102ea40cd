/** Conversations drawn by lot. Number and seed say everything: the same pair gives the same one. */

import type { Secrets } from './bytes.ts';
import { MAX_BODY_BYTES, type User } from './bytes.ts';
import { byteCountOf, requestBody, requestHead } from './messages.ts';
import {
  type AnswerKind,
  type Conversation,
  type ExchangePlan,
  endsWithClose,
  type Fault,
  type FaultKind,
  NO_FAULT,
  type RequestKind,
} from './plan.ts';

/** What is drawn, besides the seed. */
export interface DrawOptions {
  readonly seed: number;
  /** Kinds that are left out. */
  readonly without: ReadonlySet<string>;
  /** First segments of the paths. */
  readonly locations: readonly string[];
  /** Longest body. */
  readonly maxBytes: number;
  /** A fault in so many of a hundred conversations. */
  readonly faultPercent: number;
}

/** Requests that a slow reader sends at once. */
const SLOW_COUNT = 7;

/** A small pseudo-random generator (mulberry32): numbers in [0, 1). */
export function randomBy(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let word = Math.imul(state ^ (state >>> 15), state | 1);
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61);
    return ((word ^ (word >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export class Draw {
  readonly #options: DrawOptions;
  readonly #secrets: Secrets;
  readonly #answers: readonly Weighted<AnswerKind>[];
  readonly #requests: readonly Weighted<RequestKind>[];
  readonly #faults: readonly Weighted<FaultKind>[];

  constructor(options: DrawOptions, secrets: Secrets) {
    const { without } = options;
    const offered = <K extends string>(list: readonly Weighted<K>[]): readonly Weighted<K>[] =>
      list.filter(([kind]) => !without.has(kind));
    this.#options = options;
    this.#secrets = secrets;
    this.#answers = offered(ANSWERS);
    this.#requests = offered(REQUESTS);
    this.#faults = offered(FAULTS);
  }

  /** The conversation with that number, from 0. */
  conversation(number: number): Conversation {
    const { seed, faultPercent } = this.#options;
    const random = randomBy(Math.imul(seed, 0x85ebca6b) ^ Math.imul(number + 1, 0xc2b2ae35));
    const user: User = number % 2 === 0 ? 'a' : 'b';
    const faultKind = random() * 100 < faultPercent ? pick(this.#faults, random()) : 'none';
    const isSlow = faultKind === 'client-slow';
    const isPipelined = isSlow || (faultKind !== 'origin-early' && random() < 0.08);
    const count = isSlow ? SLOW_COUNT : isPipelined ? 2 + Math.floor(random() * 3) : 1;
    const struck = Math.floor(random() * count);
    const plans = Array.from({ length: count }, (_, index) => {
      const id = idOf(user, number, index);
      const own = index === struck ? faultKind : 'none';
      const plan = this.#exchange(id, user, random, own, count > 1);
      return isSlow ? this.#large(plan, random) : plan;
    });
    const isClients = faultKind.startsWith('client-');
    const fault = isClients ? this.#clientFault(faultKind, plans, random) : NO_FAULT;
    const exchanges =
      faultKind === 'client-request' ? markCut(plans, fault.at, this.#secrets) : plans;
    const pauseMs = random() < 0.5 ? 0 : Math.floor(random() * 4);
    return { number, user, exchanges, fault, isFresh: random() < 0.15, pauseMs };
  }

  #exchange(
    id: string,
    user: User,
    random: () => number,
    faultKind: FaultKind,
    isPipelined: boolean,
  ): ExchangePlan {
    const { locations } = this.#options;
    const isUpgrade = !isPipelined && canTunnel(faultKind) && random() < this.#upgradeShare;
    const mustHaveBody = faultKind === 'origin-early';
    const isHead = !isUpgrade && !mustHaveBody && random() < 0.05;
    const minorVersion = !isUpgrade && random() < 0.06 ? 0 : 1;
    let requestKind: RequestKind = isHead || isUpgrade ? 'none' : pick(this.#requests, random());
    if (mustHaveBody && minorVersion === 1 && random() < 0.3) requestKind = 'chunked';
    else if (mustHaveBody) requestKind = 'length';
    else if (minorVersion === 0 && requestKind !== 'none') requestKind = 'length';
    let answerKind = isUpgrade ? 'upgrade' : pick(this.#answers, random());
    const isSurplus = faultKind === 'origin-surplus';
    if (isSurplus && endsByFin(answerKind)) answerKind = 'length';
    const plain: ExchangePlan = {
      id,
      user,
      method: isHead
        ? 'HEAD'
        : pick(requestKind === 'none' ? BARE_METHODS : BODY_METHODS, random()),
      minorVersion,
      location: locations[Math.floor(random() * locations.length)] as string,
      requestKind: isUpgrade ? 'upgrade' : requestKind,
      requestBytes: requestKind === 'none' && !isUpgrade ? 0 : this.#size(random, 1),
      expectsContinue:
        minorVersion === 1 && requestKind !== 'none' && !isPipelined && random() < 0.05,
      answerKind,
      // Surplus must come in one piece with what it stands behind.
      answerBytes: this.#size(random, isSurplus ? 0 : 1),
      writes: random() < 0.7 ? 1 : 2 + Math.floor(random() * 4),
      fault: NO_FAULT,
      isCut: false,
    };
    const plan = isUpgrade ? { ...plain, method: 'GET' } : plain;
    return { ...plan, fault: this.#originFault(faultKind, plan, random) };
  }

  /** Of a slow reader all answers are large: the kernel alone holds four MB of them. */
  #large(plan: ExchangePlan, random: () => number): ExchangePlan {
    const { maxBytes } = this.#options;
    const location =
      random() < 0.5 && this.#options.locations.includes('stream') ? 'stream' : plan.location;
    const method = plan.method === 'HEAD' ? 'GET' : plan.method;
    const answerKind = random() < 0.5 ? 'length' : 'chunked';
    const answerBytes = Math.floor(maxBytes * (0.8 + random() * 0.2));
    return { ...plan, method, minorVersion: 1, location, answerKind, answerBytes };
  }

  get #upgradeShare(): number {
    return this.#options.without.has('upgrade') ? 0 : 0.03;
  }

  /** Bytes of a body: most are small, all sizes occur. */
  #size(random: () => number, most: number): number {
    const [, max] = SIZES[pick(SIZE_WEIGHTS, random())] as readonly [number, number];
    const limit = most === 0 ? 8_000 : this.#options.maxBytes;
    return Math.floor(random() * Math.min(max, limit, MAX_BODY_BYTES));
  }

  #originFault(kind: FaultKind, plan: ExchangePlan, random: () => number): Fault {
    const { answerBytes, requestBytes } = plan;
    const isOnce = random() < 0.3;
    let how: Fault['how'] = random() < 0.5 ? 'fin' : 'rst';
    switch (kind) {
      case 'origin-request':
        return { kind, how, at: 1 + Math.floor(random() * (requestBytes + 400)), isOnce };
      case 'origin-response': {
        // A FIN is the proper end of such a body, wherever it comes: it cannot be a cut.
        if (endsWithClose(plan) || plan.requestKind === 'upgrade') how = 'rst';
        return { kind, how, at: Math.floor(random() * (answerBytes + 150)), isOnce };
      }
      case 'origin-early':
        return { kind, how: 'fin', at: Math.floor((random() * requestBytes) / 2), isOnce: false };
      case 'origin-surplus':
        return { kind, how: 'fin', at: 0, isOnce: false };
      default:
        return NO_FAULT;
    }
  }

  #clientFault(kind: FaultKind, plans: readonly ExchangePlan[], random: () => number): Fault {
    const isTunnel = plans[0]?.requestKind === 'upgrade';
    const how = isTunnel || random() < 0.5 ? 'rst' : 'fin'; // a FIN is a proper end of a tunnel
    const isOnce = false;
    if (kind === 'client-slow') return { kind, how, at: 0, isOnce };
    if (kind === 'client-request') {
      const total = byteCountOf(plans.flatMap((plan) => bytesOf(plan, this.#secrets)));
      return { kind, how, at: Math.floor(random() * total), isOnce };
    }
    const total = plans.reduce((sum, { answerBytes }) => sum + answerBytes + 200, 0);
    return { kind, how, at: 1 + Math.floor(random() * total), isOnce };
  }
}

/** The id of an exchange: always of the same length. */
export function idOf(user: User, number: number, index: number): string {
  return `${user}${String(number).padStart(7, '0')}.${index}`;
}

/** Says in the requests which of them a client that goes away after `at` bytes never completes. */
export function markCut(
  plans: readonly ExchangePlan[],
  at: number,
  secrets: Secrets,
): readonly ExchangePlan[] {
  let end = 0;
  return plans.map((plan) => {
    end += byteCountOf(bytesOf(plan, secrets));
    // Of a tunnel the request is the head alone, and that may have come.
    return { ...plan, isCut: end > at && plan.requestKind !== 'upgrade' };
  });
}

function bytesOf(plan: ExchangePlan, secrets: Secrets): Buffer[] {
  return [requestHead(plan, secrets), ...requestBody(plan, secrets)];
}

function canTunnel(fault: FaultKind): boolean {
  return fault !== 'origin-early' && fault !== 'origin-surplus' && fault !== 'origin-request';
}

function endsByFin(kind: AnswerKind): boolean {
  return kind === 'close' || kind === 'close-1.0';
}

type Weighted<K> = readonly [K, number];

function pick<K>(list: readonly Weighted<K>[], lot: number): K {
  let left = lot * list.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [value, weight] of list) {
    left -= weight;
    if (left < 0) return value;
  }
  return (list[0] as Weighted<K>)[0];
}

const ANSWERS: readonly Weighted<AnswerKind>[] = [
  ['length', 34],
  ['chunked', 26],
  ['trailers', 8],
  ['close', 6],
  ['close-1.0', 4],
  ['length-1.0', 5],
  ['hints', 7],
  ['204', 5],
  ['304', 5],
];
const REQUESTS: readonly Weighted<RequestKind>[] = [
  ['none', 45],
  ['length', 30],
  ['chunked', 18],
  ['trailers', 7],
];
const FAULTS: readonly Weighted<FaultKind>[] = [
  ['client-request', 7],
  ['client-response', 7],
  ['client-slow', 1],
  ['origin-request', 5],
  ['origin-response', 8],
  ['origin-surplus', 4],
  ['origin-early', 3],
];
const BARE_METHODS: readonly Weighted<string>[] = [
  ['GET', 80],
  ['DELETE', 8],
  ['POST', 12],
];
const BODY_METHODS: readonly Weighted<string>[] = [
  ['POST', 60],
  ['PUT', 25],
  ['PATCH', 10],
  ['DELETE', 5],
];
/** [at least, below] bytes; by their index. */
const SIZES = [
  [0, 256],
  [0, 4_096],
  [0, 65_536],
  [0, 262_144],
  [0, 1_048_577],
] as const;
const SIZE_WEIGHTS: readonly Weighted<number>[] = [
  [0, 550],
  [1, 310],
  [2, 112],
  [3, 22],
  [4, 6],
];
