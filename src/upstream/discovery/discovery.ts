import type { RandomBits } from '#src/base/random-bits.ts';
import type { TimerWheel } from '#src/base/timer-wheel.ts';
import {
  type DnsSettings,
  type FunctionSourceConfig,
  namesOf,
  type SourceConfig,
} from '#src/upstream/endpoint/source-config.ts';
import { DnsClient } from './dns-client.ts';
import { dnsSource } from './dns-source.ts';
import { FileSource } from './file-source.ts';
import { HttpSource } from './http-source.ts';
import type { Source } from './source.ts';
import { type ListTaker, SourceKeeper, type SourceListener } from './source-keeper.ts';

/** One upstream that learns endpoints. */
export interface Learner {
  readonly name: string;
  readonly sources: readonly SourceConfig[];
  readonly taker: ListTaker;
}

/** What discovery needs. */
export interface DiscoverySurroundings {
  readonly wheel: TimerWheel;
  readonly random: RandomBits;
  readonly listener: SourceListener;
  /** A function of weir.config.ts runs elsewhere; what it gives goes to the keeper. */
  fromFunction(config: FunctionSourceConfig, upstream: string, keeper: SourceKeeper): Source;
}

/** All sources of all upstreams: belongs to the generation's main thread. */
export class Discovery {
  readonly #surroundings: DiscoverySurroundings;
  /** One for each `resolver`: its servers take turns over all names. */
  readonly #clients = new Map<string, DnsClient>();
  readonly #sources: Source[] = [];
  readonly #keepers: SourceKeeper[] = [];

  constructor(learners: readonly Learner[], surroundings: DiscoverySurroundings) {
    this.#surroundings = surroundings;
    for (const { name, sources, taker } of learners) {
      const names = namesOf(sources);
      for (const [at, config] of sources.entries()) {
        const keeper = new SourceKeeper(name, names[at] ?? '', taker, surroundings.listener);
        this.#keepers.push(keeper);
        this.#sources.push(this.#make(config, name, keeper));
      }
    }
  }

  /** Every source has said something, or failed to: who serves now serves with what there is. */
  get isSettled(): boolean {
    return this.#keepers.every((keeper) => keeper.hasHeard);
  }

  start(): void {
    for (const source of this.#sources) source.start();
  }

  close(): void {
    for (const source of this.#sources) source.close();
    for (const client of this.#clients.values()) client.close();
  }

  #make(config: SourceConfig, upstream: string, keeper: SourceKeeper): Source {
    const { random, wheel } = this.#surroundings;
    switch (config.kind) {
      case 'dns': {
        const { timeoutMs, validMs } = config.resolver;
        const client = this.#client(config.resolver);
        const surroundings = { client, wheel, random, timeoutMs, validMs: validMs ?? undefined };
        return dnsSource(config, surroundings, keeper);
      }
      case 'file':
        return new FileSource(config, { random, wheel }, keeper);
      case 'http':
        return new HttpSource(config, { random, wheel }, keeper);
      case 'function':
        return this.#surroundings.fromFunction(config, upstream, keeper);
    }
  }

  #client({ servers }: DnsSettings): DnsClient {
    const key = servers.join();
    const known = this.#clients.get(key);
    if (known !== undefined) return known;
    const client = new DnsClient(servers, this.#surroundings.wheel);
    this.#clients.set(key, client);
    return client;
  }
}
