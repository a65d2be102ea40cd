/** What `server` and `location` blocks compile to: frozen, and complete with every default. */
import type { Address } from '#src/base/address.ts';
import type { SocketOptions } from '#src/base/socket-options.ts';
import type { LogSettings } from '#src/exchange/directives.ts';
import type { ErrorLogConfig } from '#src/exchange/error-log-argument.ts';
import type { Exchange } from '#src/exchange/exchange.ts';
import type { RealIp } from '#src/exchange/real-ip.ts';
import type { FunctionPlan } from '#src/functions/function-run.ts';
import type { ClientSettings } from '#src/listeners/http/directives.ts';
import type { ComplexValue } from '#src/schema/complex-value.ts';
import type { CapturingPattern } from '#src/schema/directive.ts';
import type { Place } from '#src/schema/problem.ts';
import type { TrustedProxies } from '#src/tables/geo-table.ts';
import type { PoolConfig } from '#src/upstream/endpoint/upstream-config.ts';
import type { ResolverConfig } from '#src/upstream/resolver-argument.ts';
import type { ContentSettings } from './directives.ts';
import type { Rewrites } from './rewrite-steps.ts';

/** One listening address; unique by `key` in a model. */
export interface ListenConfig {
  /** `formatAddress(address)`: `0.0.0.0:80`, `[::]:80`, `unix:/path`. */
  readonly key: string;
  readonly address: Address;
  readonly backlog: number;
  /** False: an IPv6 address that takes IPv4, too. */
  readonly ipv6Only: boolean;
  readonly socketOptions?: SocketOptions;
  /** The first `listen` that names it. */
  readonly place: Place;
}

/** A server's part in one listening address. */
export interface ServerListen {
  /** The `key` of a `ListenConfig`. */
  readonly key: string;
  /** Answers names that no server of the address has. Exactly one server per address is. */
  readonly isDefault: boolean;
}

/**
 * Which paths a location takes; the path is normalised before. `regex`: those that match `pattern`,
 * `path` is what was written. `named`: none, `path` is `@name`.
 */
export interface LocationMatch {
  readonly kind: 'exact' | 'prefix' | 'regex' | 'named';
  readonly path: string;
  readonly pattern: CapturingPattern<Exchange> | undefined;
  /** `^~`: when it is the longest prefix, no regular expression beside it is tried. */
  readonly stopsSearch: boolean;
}

/** `error_page`, for one status. */
export interface ErrorPage {
  /** `path`: redirected within the server; `named`: to a named location; `url`: the client is. */
  readonly kind: 'path' | 'named' | 'url';
  /** What the value is: `/path?args`, `@name` or a URL, one char per byte. */
  readonly target: ComplexValue<Exchange>;
  /** The final status: that of the error, that of what answers now, or a given one. */
  readonly response: 'original' | 'own' | number;
}

/** What becomes of errors in one location. */
export interface ErrorPages {
  /** Undefined when there is none at all. */
  readonly byStatus: ReadonlyMap<number, ErrorPage> | undefined;
  /** `recursive_error_pages`. */
  readonly isRecursive: boolean;
}

/** `proxy_pass`. */
export interface ProxyHandler {
  readonly kind: 'proxy';
  /** Index into `model.upstreams`; undefined: `target` says which. */
  readonly upstream: number | undefined;
  /** Of a URL with variables; then `uri`, `hostHeader` and `port` are those of each exchange. */
  readonly target: PassTarget | undefined;
  /** What replaces the matched prefix of the path; undefined passes the target as it came. */
  readonly uri: string | undefined;
  /** `$proxy_host`: the name as written, with the port unless it is 80; `localhost` for unix. */
  readonly hostHeader: string;
  /** `$proxy_port`: as written or `80`; empty for unix. */
  readonly port: string;
}

/** What a `proxy_pass` with variables needs when they have values. */
export interface PassTarget {
  readonly url: ComplexValue<Exchange>;
  /** Who looks up the host; undefined: only addresses and configured upstreams are found. */
  readonly resolver: ResolverConfig | undefined;
  readonly resolverTimeoutMs: number;
  /** How connections are kept. */
  readonly pool: PoolConfig;
}

/** `return`. A body is sent as it is; without one the status has its usual page. */
export interface ReturnHandler {
  readonly kind: 'return';
  /** 0 to 999; 444 closes the connection without an answer. */
  readonly status: number;
  readonly body?: ComplexValue<Exchange>;
  /** For 301, 302, 303, 307 and 308: the `Location` field. */
  readonly location?: ComplexValue<Exchange>;
}

/** `stub_status` and `status_json`. */
export interface StatusHandler {
  readonly kind: 'status';
  readonly format: 'stub' | 'json';
}

/** `api`. */
export interface ApiHandler {
  readonly kind: 'api';
  /** `write=on`: not only to look, but to change upstreams. */
  readonly mayWrite: boolean;
}

/** A function of weir.config.ts. */
export interface FunctionHandler {
  readonly kind: 'function';
}

/** Nothing answers here: 404. */
export interface NoHandler {
  readonly kind: 'none';
}

/** What answers an exchange that a location took. */
export type Handler =
  | ProxyHandler
  | ReturnHandler
  | StatusHandler
  | ApiHandler
  | FunctionHandler
  | NoHandler;

/**
 * One location with all that holds in it. A feature of a lower layer that has settings per
 * location adds its field here by declaration merging, beside its directives (src/proxy does).
 */
export interface Location {
  /** Of its own among all locations of the configuration, from 0: what others know of it stands there. */
  readonly number: number;
  readonly match: LocationMatch;
  /** The location around it: asked only for what that one takes. */
  readonly outer: Location | undefined;
  readonly place: Place;
  readonly handler: Handler;
  readonly client: ClientSettings;
  readonly content: ContentSettings;
  readonly log: LogSettings;
  /** Undefined: errors of its requests go where all others go. */
  readonly errorLogs: readonly ErrorLogConfig[] | undefined;
  readonly errorPages: ErrorPages;
  /** Whose word about the client counts; undefined where nobody's does. */
  readonly realIp: RealIp | undefined;
  /** Whose `X-Weir-Explain` counts (`explain`); undefined: nobody's. */
  readonly explain: TrustedProxies | undefined;
  /** What is run before anything answers; undefined for nothing, or a lone `return` of a location. */
  readonly rewrites: Rewrites | undefined;
  /** Functions that see its requests, or answer them; undefined without any. */
  readonly functions: FunctionPlan | undefined;
  /** Clients get 404; only internal redirects lead here. */
  readonly isInternal: boolean;
}

/**
 * One of `server_name`, in lower case: exact, `*.x`, `.x`, `x.*`, or `~` and what `pattern` is
 * compiled from. `''` takes requests without a host.
 */
export interface HostName {
  readonly name: string;
  readonly pattern: CapturingPattern<Exchange> | undefined;
}

/** One `server` block. */
export interface VirtualServer extends ServerContent {
  /** In order. */
  readonly names: readonly HostName[];
  readonly listens: readonly ServerListen[];
  /** Some location of it has an access log. */
  readonly isLogged: boolean;
  readonly place: Place;
}

/** What is in a `server` block. */
export interface ServerContent {
  /** Inner and named ones too. */
  readonly locations: readonly Location[];
  /** What holds while an `if` of a location does. */
  readonly conditional: readonly Location[];
  /** What holds when no location matches; its `rewrites`, the server's own, are run first of all. */
  readonly fallback: Location;
}
