/**
 * Data path. Faults that the configuration wants (`fault`): which of them an exchange meets. Only
 * locations that have some come here.
 */

import type { Exchange } from '#src/exchange/exchange.ts';
import type { FaultRule } from './fault-argument.ts';
import type { ProxiedLocation } from './proxied-location.ts';

/** What chance is asked of: 0 … 2^30−1, each as likely (RandomBits). */
export interface ChanceSource {
  next(): number;
}

/** For whoever explains: why a rule does something to an exchange, or not. */
export type FaultVerdict = 'injected' | 'spared' | 'condition';
/** Told of each rule that an exchange meets. */
export type FaultWatcher = (exchange: Exchange, rule: FaultRule, verdict: FaultVerdict) => void;

/** What has been done to exchanges on purpose; the server counts it. */
export type FaultKind = 'delay' | 'abort' | 'rate';

/** What faults need of their thread. */
export interface FaultTools {
  readonly chance: ChanceSource;
  readonly watch: FaultWatcher | undefined;
}

const CHANCES = 2 ** 30;

interface Rule {
  readonly rule: FaultRule;
  /** What `next` must be below. */
  readonly below: number;
  /** With `rate`. */
  readonly slowed: ProxiedLocation | undefined;
}

/** The rules of one location. What `decide` found stands in the fields until it is called again. */
export class Faults {
  delayMs = 0;
  /** 0: none. */
  status = 0;
  /** Where the exchange goes on. */
  location: ProxiedLocation;
  /** Where it goes without any. */
  readonly plain: ProxiedLocation;
  readonly #rules: readonly Rule[];
  readonly #tools: FaultTools;

  /** `slow`: the same location, with answers that go no faster. */
  constructor(
    rules: readonly FaultRule[],
    plain: ProxiedLocation,
    slow: (bytesPerSec: number) => ProxiedLocation,
    tools: FaultTools,
  ) {
    this.location = plain;
    this.plain = plain;
    this.#tools = tools;
    this.#rules = rules.map((rule) => ({
      rule,
      below: Math.max(1, Math.round((rule.percent / 100) * CHANCES)),
      slowed: rule.bytesPerSec === 0 ? undefined : slow(rule.bytesPerSec),
    }));
  }

  /** True: the exchange meets some. */
  decide(exchange: Exchange): boolean {
    this.delayMs = 0;
    this.status = 0;
    this.location = this.plain;
    let bytesPerSec = Number.POSITIVE_INFINITY;
    for (const { below, rule, slowed } of this.#rules) {
      if (!this.#isMet(rule, below, exchange)) continue;
      if (rule.delayMs > this.delayMs) this.delayMs = rule.delayMs;
      if (this.status === 0) this.status = rule.status;
      if (slowed === undefined || rule.bytesPerSec >= bytesPerSec) continue;
      bytesPerSec = rule.bytesPerSec;
      this.location = slowed;
    }
    return this.delayMs > 0 || this.status > 0 || this.location !== this.plain;
  }

  get isSlowed(): boolean {
    return this.location !== this.plain;
  }

  #isMet(rule: FaultRule, below: number, exchange: Exchange): boolean {
    const { chance, watch } = this.#tools;
    const isWanted = holds(rule, exchange);
    const isMet = isWanted && chance.next() < below;
    watch?.(exchange, rule, isMet ? 'injected' : isWanted ? 'spared' : 'condition');
    return isMet;
  }
}

function holds({ condition }: FaultRule, exchange: Exchange): boolean {
  if (condition === undefined) return true;
  const value = condition.evaluate(exchange);
  return value !== '' && value !== '0';
}
