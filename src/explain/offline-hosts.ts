/**
 * Host names without a name server: what is explained or tested needs no network, and in CI there
 * may be none. Every name gets an address of its own that nobody has.
 */

import { isIP } from 'node:net';
import type { TimerWheel } from '#src/base/timer-wheel.ts';
import type { HostLookup } from '#src/config/read-configuration.ts';
import { NameResolver } from '#src/upstream/name-resolver.ts';
import type { ResolverConfig } from '#src/upstream/resolver-argument.ts';

/** Stand-in addresses of one run. */
export class OfflineHosts {
  readonly #addresses = new Map<string, string>();

  readonly lookup: HostLookup = async (name) => this.addressesOf(name);

  addressesOf(name: string): readonly string[] {
    if (isIP(name) !== 0) return [name];
    if (name === 'localhost') return ['127.0.0.1'];
    const known = this.#addresses.get(name) ?? addressOf(this.#addresses.size + 1);
    this.#addresses.set(name, known);
    return [known];
  }

  /** The text with the names in place of their addresses. */
  named(text: string): string {
    return text.replace(STAND_IN, (address) => {
      return [...this.#addresses].find(([, own]) => own === address)?.[0] ?? address;
    });
  }
}

/** `resolver`, asking nobody. */
export class OfflineResolver extends NameResolver {
  readonly #hosts: OfflineHosts;

  constructor(hosts: OfflineHosts, config: ResolverConfig, wheel: TimerWheel) {
    super(config, wheel);
    this.#hosts = hosts;
  }

  override known(name: string): readonly string[] {
    return this.#hosts.addressesOf(name);
  }
}

/** 240.0.0.0/4 is reserved (RFC 1112 §4): it is nobody's. */
const STAND_IN = /\b240\.\d+\.\d+\.\d+\b/g;

function addressOf(number: number): string {
  return `240.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
}
