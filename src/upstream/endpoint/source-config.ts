/** Where an upstream learns its endpoints while it runs. Plain data, which survives JSON. */
import type { FunctionRef } from '#src/schema/function-ref.ts';
import type { Place } from '#src/schema/problem.ts';
import type { EndpointTraits } from '#src/upstream/endpoint/upstream-config.ts';

/** `server name resolve [service=…]`. */
export interface DnsSourceConfig {
  readonly kind: 'dns';
  /** Lower case, without the last dot. */
  readonly host: string;
  /** Of its addresses; with a service, the records say it. */
  readonly port: number;
  /** As it is asked for in front of `host`: `_http._tcp`; '': addresses are asked for. */
  readonly service: string;
  /** As the `server` line has it. */
  readonly server: string;
  readonly traits: EndpointTraits;
  readonly resolver: DnsSettings;
  readonly place: Place;
}

/** `resolver` and `resolver_timeout`. */
export interface DnsSettings {
  /** `address:port`, never empty. */
  readonly servers: readonly string[];
  /** Null: as long as the answer says. */
  readonly validMs: number | null;
  readonly ipv4: boolean;
  readonly ipv6: boolean;
  readonly timeoutMs: number;
}

/** `provider file:pattern`. */
export interface FileSourceConfig {
  readonly kind: 'file';
  /** Absolute. */
  readonly pattern: string;
  readonly intervalMs: number;
  readonly place: Place;
}

/** `provider http://…`. */
export interface HttpSourceConfig {
  readonly kind: 'http';
  readonly url: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly place: Place;
}

/** `provider` with a function of weir.config.ts. */
export interface FunctionSourceConfig {
  readonly kind: 'function';
  readonly ref: FunctionRef;
  readonly place: Place;
}

export type ProviderConfig = FileSourceConfig | HttpSourceConfig | FunctionSourceConfig;
export type SourceConfig = DnsSourceConfig | ProviderConfig;

/** Under which names the roster knows what came from them: each its own, also where two lines name the same. */
export function namesOf(sources: readonly SourceConfig[]): string[] {
  const counts = new Map<string, number>();
  return sources.map((source) => {
    const name = sourceName(source);
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    return count === 1 ? name : `${name}#${count}`;
  });
}

function sourceName(source: SourceConfig): string {
  switch (source.kind) {
    case 'dns': {
      const { host, port, service } = source;
      return service === '' ? `dns:${host}:${port}` : `dns:${service}.${host}`;
    }
    case 'file':
      return `provider:file:${source.pattern}`;
    case 'http':
      return `provider:${source.url}`;
    case 'function':
      return `provider:${source.ref.path}`;
  }
}
