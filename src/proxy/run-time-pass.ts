/**
 * Data path. `proxy_pass` with variables: what they come to is read for each exchange, and the
 * upstream found that it means. Only locations with such a `proxy_pass` come here.
 */

import type { FailureCode } from '#src/base/failure.ts';
import type { Exchange } from '#src/exchange/exchange.ts';
import type { PassTarget } from '#src/routing/model.ts';
import type { NameClient, PendingName } from '#src/upstream/name-resolver.ts';
import type { RunTimeUpstreams } from '#src/upstream/run-time-upstreams.ts';
import type { Upstream } from '#src/upstream/upstream.ts';
import { type PassUrl, parsePassUrl } from './pass-url.ts';

/** Told once which upstream an exchange goes to, from inside `find` or later. */
export interface UpstreamSeeker {
  onUpstreamFound(upstream: Upstream): void;
  /** `detail`: for the error log. */
  onUpstreamMissing(failure: FailureCode, detail: string): void;
  /** A mistake of ours, told to the error log already, ends the exchange. */
  onSeekingBroken(): void;
}

/** Finds the upstream of an exchange, where that is not known when the configuration loads. */
export interface UpstreamFinder {
  /** Undefined when the seeker was told already. */
  find(exchange: Exchange, seeker: UpstreamSeeker): PendingName | undefined;
}

export class RunTimePass implements UpstreamFinder {
  readonly #target: PassTarget;
  readonly #upstreams: RunTimeUpstreams;

  constructor(target: PassTarget, upstreams: RunTimeUpstreams) {
    this.#target = target;
    this.#upstreams = upstreams;
  }

  /** Sets `$proxy_host`, `$proxy_port` and the target; undefined when the seeker was told already. */
  find(exchange: Exchange, seeker: UpstreamSeeker): PendingName | undefined {
    const text = this.#target.url.evaluate(exchange);
    const url = parsePassUrl(text);
    if (typeof url === 'string') {
      seeker.onUpstreamMissing('pass_url_invalid', `${url}: "${text}"`);
      return undefined;
    }
    exchange.proxyHost = url.hostHeader;
    exchange.proxyPort = url.portText;
    exchange.passTarget = url.uri;
    return this.#findUpstream(url, seeker);
  }

  #findUpstream(url: PassUrl, seeker: UpstreamSeeker): PendingName | undefined {
    const { host, kind, port } = url;
    if (kind !== 'name') {
      seeker.onUpstreamFound(
        this.#made(kind === 'unix' ? `unix:${host}` : keyOf(url), [host], port),
      );
      return undefined;
    }
    // nginx: a block is meant by its name alone, an address elsewhere by its port, too.
    const block = url.hasPort ? undefined : this.#upstreams.configured(host);
    const known = block ?? this.#upstreams.configured(keyOf(url));
    if (known !== undefined) {
      seeker.onUpstreamFound(known);
      return undefined;
    }
    return this.#resolve(url, seeker);
  }

  #resolve(url: PassUrl, seeker: UpstreamSeeker): PendingName | undefined {
    const { resolver: config, resolverTimeoutMs } = this.#target;
    if (config === undefined) {
      const detail = `no resolver defined to resolve "${url.host}"`;
      seeker.onUpstreamMissing('name_not_resolved', detail);
      return undefined;
    }
    const resolver = this.#upstreams.resolver(config);
    const known = resolver.known(url.host);
    if (known === undefined) {
      return resolver.ask(url.host, resolverTimeoutMs, new Naming(this, url, seeker));
    }
    this.onAddresses(url, known, seeker);
    return undefined;
  }

  /** The addresses of its host are known now. */
  onAddresses(url: PassUrl, addresses: readonly string[], seeker: UpstreamSeeker): void {
    // Two `resolver` lines may disagree about a name; then each has upstreams of its own.
    const servers = this.#target.resolver?.servers.join() ?? '';
    seeker.onUpstreamFound(this.#made(`${keyOf(url)} ${servers}`, addresses, url.port));
  }

  /** An exception of ours costs the exchange, not the thread (CE-24). */
  onBroken(error: unknown, seeker: UpstreamSeeker): void {
    this.#upstreams.onInternalError(error);
    seeker.onSeekingBroken();
  }

  #made(key: string, hosts: readonly string[], port: number): Upstream {
    return this.#upstreams.at({ key, hosts, port, pool: this.#target.pool });
  }
}

/** An exchange that waits for the addresses of a host. */
class Naming implements NameClient {
  readonly #pass: RunTimePass;
  readonly #url: PassUrl;
  readonly #seeker: UpstreamSeeker;

  constructor(pass: RunTimePass, url: PassUrl, seeker: UpstreamSeeker) {
    this.#pass = pass;
    this.#url = url;
    this.#seeker = seeker;
  }

  onResolved(addresses: readonly string[]): void {
    try {
      this.#pass.onAddresses(this.#url, addresses, this.#seeker);
    } catch (error) {
      this.#pass.onBroken(error, this.#seeker);
    }
  }

  onUnresolved(why: string): void {
    const detail = `"${this.#url.host}" could not be resolved (${why})`;
    this.#seeker.onUpstreamMissing('name_not_resolved', detail);
  }
}

function keyOf({ host, port }: PassUrl): string {
  return `${host}:${port}`;
}
