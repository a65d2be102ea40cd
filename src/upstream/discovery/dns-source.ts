import { formatAddress } from '#src/base/address.ts';
import type { DnsQuestion, DnsService, DnsType } from '#src/codecs/dns/dns-message.ts';
import type { DnsSourceConfig } from '#src/upstream/endpoint/source-config.ts';
import type { EndpointConfig } from '#src/upstream/endpoint/upstream-config.ts';
import type { DnsOutcome } from './dns-client.ts';
import { QuestionWatch, type WatchSurroundings } from './question-watch.ts';
import type { Source } from './source.ts';
import type { SourceKeeper } from './source-keeper.ts';

/** Hosts of one service whose addresses are asked for; the others are left out. */
export const MAX_SERVICE_HOSTS = 1_000;

/** `server name resolve`: the addresses of a name, or of all hosts of a service. */
export function dnsSource(
  config: DnsSourceConfig,
  surroundings: WatchSurroundings,
  keeper: SourceKeeper,
): Source {
  if (config.service === '') return new HostSource(config, surroundings, keeper);
  return new ServiceSource(config, surroundings, keeper);
}

class HostSource implements Source {
  readonly #host: HostWatch;

  constructor(config: DnsSourceConfig, surroundings: WatchSurroundings, keeper: SourceKeeper) {
    const { port, server, traits } = config;
    this.#host = new HostWatch(config.host, config, surroundings, {
      onChange: ({ addresses }) => {
        keeper.take(addresses.map((host) => endpointAt(host, port, server, traits, config)));
      },
      keeper,
    });
  }

  start(): void {
    this.#host.start();
  }

  close(): void {
    this.#host.close();
  }
}

/** As nginx: those of the best priority are first, all others are backups. */
class ServiceSource implements Source {
  readonly #config: DnsSourceConfig;
  readonly #surroundings: WatchSurroundings;
  readonly #keeper: SourceKeeper;
  readonly #watch: QuestionWatch;
  readonly #hosts = new Map<string, HostWatch>();
  #services: readonly DnsService[] = [];

  constructor(config: DnsSourceConfig, surroundings: WatchSurroundings, keeper: SourceKeeper) {
    this.#config = config;
    this.#surroundings = surroundings;
    this.#keeper = keeper;
    const { host, service } = config;
    const question = { name: `${service}.${host}`, type: 'SRV' } as const;
    this.#watch = new QuestionWatch(question, surroundings, {
      onRecords: ({ services }) => this.#onServices(services),
      onFailure: (why) =>
        keeper.fail(SERVICE, `service ${service} of ${host} could not be resolved (${why})`),
    });
  }

  start(): void {
    this.#watch.start();
  }

  close(): void {
    this.#watch.close();
    for (const host of this.#hosts.values()) host.close();
    this.#hosts.clear();
  }

  #onServices(found: readonly DnsService[]): void {
    // RFC 2782: the target "." says that the service is decidedly not available there.
    const usable = found.filter(({ port, target }) => target !== '' && port !== 0);
    const services = usable.toSorted(
      (a, b) => a.priority - b.priority || order(a.target, b.target),
    );
    if (services.length === 0) return this.#keeper.fail(SERVICE, 'the service has no server');
    this.#keeper.recover(SERVICE);
    const targets = [...new Set(services.map(({ target }) => target))];
    if (targets.length > MAX_SERVICE_HOSTS) {
      this.#keeper.skip([`${targets.length - MAX_SERVICE_HOSTS} hosts of ${targets.length}`]);
      targets.length = MAX_SERVICE_HOSTS;
    }
    const wanted = new Set(targets);
    this.#services = services;
    for (const [name, host] of this.#hosts) {
      if (wanted.has(name)) continue;
      host.close();
      this.#hosts.delete(name);
    }
    const added = targets.filter((name) => !this.#hosts.has(name)).map((name) => this.#add(name));
    for (const host of added) host.start();
    this.#publish();
  }

  #add(name: string): HostWatch {
    const host = new HostWatch(name, this.#config, this.#surroundings, {
      onChange: () => this.#publish(),
      keeper: this.#keeper,
    });
    this.#hosts.set(name, host);
    return host;
  }

  /** Not before something is known of every host: half a list would take out the other half. */
  #publish(): void {
    const hosts = [...this.#hosts.values()];
    if (hosts.some(({ isSettled }) => !isSettled)) return;
    const { traits } = this.#config;
    const best = this.#services[0]?.priority ?? 0;
    const list = this.#services.flatMap(({ port, priority, target, weight }) => {
      const isFirst = priority === best;
      // With `backup` the best are backups, and of the others nothing is known to do.
      if (!isFirst && traits.tier > 0) return [];
      const own = {
        ...traits,
        tier: isFirst ? traits.tier : 1,
        // 0 is "hardly ever" (RFC 2782), which no weight of ours says better than the smallest.
        weight: traits.weight === 1 ? Math.max(1, weight) : traits.weight,
      };
      const addresses = this.#hosts.get(target)?.addresses ?? [];
      return addresses.map((host) => endpointAt(host, port, target, own, this.#config));
    });
    if (list.length > 0) this.#keeper.take(withoutDoubles(list));
  }
}

const SERVICE = 'the service';

/** As it is called in the log. */
function topicOf({ name, type }: DnsQuestion): string {
  return `${type} of ${name}`;
}

/** Who hears of one host. */
interface HostOwner {
  readonly keeper: SourceKeeper;
  /** It has other addresses, or it is settled that it has none. */
  onChange(host: HostWatch): void;
}

/** The addresses of one name, of both families, each with a TTL and last good answer of its own. */
class HostWatch {
  readonly #name: string;
  readonly #owner: HostOwner;
  readonly #watches: readonly QuestionWatch[];
  readonly #found = new Map<DnsType, readonly string[]>();
  /** Families of which something is known, or that could not be learned. */
  readonly #tried = new Set<DnsType>();

  constructor(
    name: string,
    { resolver }: DnsSourceConfig,
    surroundings: WatchSurroundings,
    owner: HostOwner,
  ) {
    this.#name = name;
    this.#owner = owner;
    const types = [resolver.ipv4 ? 'A' : '', resolver.ipv6 ? 'AAAA' : ''];
    this.#watches = types
      .filter((type) => type === 'A' || type === 'AAAA')
      .map((type) => {
        return new QuestionWatch({ name, type }, surroundings, {
          onRecords: (outcome) => this.#onRecords(type, outcome),
          onFailure: (why) => this.#onFailure(type, why),
        });
      });
  }

  /** Sorted, so that a name server which gives them in turns changes nothing. */
  get addresses(): readonly string[] {
    return [...this.#found.values()].flat().sort(order);
  }

  /** It has an address, or every family has been asked for. */
  get isSettled(): boolean {
    return this.addresses.length > 0 || this.#tried.size === this.#watches.length;
  }

  start(): void {
    for (const watch of this.#watches) watch.start();
  }

  close(): void {
    for (const watch of this.#watches) {
      watch.close();
      this.#owner.keeper.forget(topicOf(watch.question));
    }
  }

  #onFailure(type: DnsType, why: string): void {
    const { keeper } = this.#owner;
    keeper.fail(
      topicOf({ name: this.#name, type }),
      `${this.#name} could not be resolved (${why})`,
    );
    const wasSettled = this.isSettled;
    this.#tried.add(type);
    if (!wasSettled && this.isSettled) this.#owner.onChange(this);
  }

  #onRecords(type: DnsType, { addresses }: Extract<DnsOutcome, { kind: 'records' }>): void {
    this.#owner.keeper.recover(topicOf({ name: this.#name, type }));
    this.#tried.add(type);
    this.#found.set(type, addresses);
    // The other family may have some: that this one has none is no news before it is known.
    if (this.isSettled) this.#owner.onChange(this);
  }
}

function endpointAt(
  host: string,
  port: number,
  server: string,
  traits: DnsSourceConfig['traits'],
  { place }: DnsSourceConfig,
): EndpointConfig {
  const address = { kind: 'tcp', host, port } as const;
  return { address, name: formatAddress(address), server, ...traits, place };
}

/** Two hosts of a service may share an address; it is one server, and the better priority counts. */
function withoutDoubles(list: readonly EndpointConfig[]): EndpointConfig[] {
  return [...new Map(list.toReversed().map((one) => [one.name, one])).values()].reverse();
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
