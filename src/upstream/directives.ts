/** The directives of an `upstream` block. */
import { custom, integer, path, text, time } from '#src/schema/arguments.ts';
import { directives, type SettingsOf } from '#src/schema/directive.ts';
import { parseConcurrency, parseQueue } from './queue-argument.ts';
import { parseRetryBudget } from './retry-budget-argument.ts';
import { parseServer } from './server-argument.ts';
import { parseSticky } from './sticky-argument.ts';
import { parseZone } from './zone-argument.ts';

const UPSTREAM = ['upstream'] as const;

/** The block itself. */
export const upstreamBlocks = directives({
  upstream: {
    name: 'upstream',
    contexts: ['http'],
    argument: text({ usage: 'name' }),
    opens: 'upstream',
    repeat: true,
    inherit: false,
    doc: 'A named group of endpoints for `proxy_pass`. Without a directive that says otherwise they take turns by weight, exactly over all proxy threads.',
  },
});

/** `server` and the keep-alive of connections towards it. */
export const upstreamDirectives = directives({
  servers: {
    name: 'server',
    contexts: UPSTREAM,
    argument: custom({
      usage: 'address [parameters]',
      minWords: 1,
      maxWords: 20,
      parse: parseServer,
    }),
    repeat: true,
    inherit: false,
    doc: 'An endpoint: `host[:port]` or `unix:/path`, with `weight=`, `max_conns=`, `max_fails=`, `fail_timeout=`, `slow_start=`, `locality=`, `route=`, `resolve`, `service=`, `backup`, `drain` and `down`. `backup=2` to `backup=9` are further ranks, each asked when nobody of the ones before can be used. `slow_start` holds for every policy. A name with several addresses makes several endpoints. `drain` takes only exchanges that `sticky` binds to it, `route=` is its name for `sticky`. With `resolve` a name is asked for again when its TTL is over, of the servers of `resolver`, and its last addresses stay when nobody answers; `service=` asks for SRV records. Port 80 when none is given.',
  },
  zones: {
    name: 'zone',
    contexts: UPSTREAM,
    argument: custom({ usage: 'name [size]', minWords: 1, maxWords: 2, parse: parseZone }),
    repeat: true,
    inherit: false,
    doc: 'Makes places for servers that are added while Weir runs: as many as the size has room for at 2 KB each (64k: 32, at most 16384), those of the configuration included. All proxy threads share the state of an upstream, with or without it. Without a size another `zone` of the same name has it; each upstream of a name has its own places.',
  },
  statePath: {
    name: 'state',
    contexts: UPSTREAM,
    argument: path({}),
    inherit: false,
    doc: 'The file that keeps the servers of an upstream that the API steers, over restarts; relative to the prefix. It takes the place of `server` lines, needs `zone`, may not be there yet, and is written by Weir: as `server` lines, all at once, after each change.',
  },
  locality: {
    name: 'prefer_locality',
    contexts: UPSTREAM,
    argument: text({ usage: 'name' }),
    inherit: false,
    doc: 'Endpoints with `locality=name` take all exchanges while at least 5/7 of their weight is in service; below that as much goes to the others as is missing (Envoy’s overprovisioning factor of 1.4). Within a rank of `backup`, and whatever the policy. nginx has nothing like it.',
  },
  panicPercent: {
    name: 'panic_threshold',
    contexts: UPSTREAM,
    argument: integer({ default: '0', max: 100 }),
    inherit: false,
    doc: 'When fewer than this percentage of the endpoints can be used, all that are not `down` are: better a slow answer than none, and half of them failing is rarely their fault. 0 never does; nginx has nothing like it.',
  },
  degradedPercent: {
    name: 'degraded_threshold',
    contexts: UPSTREAM,
    argument: integer({ default: '70', max: 100 }),
    inherit: false,
    doc: 'Weir only. Endpoints whose `health_check` passes and says that they are degraded (`degraded` in `match`) get nothing while at least this percentage of the weight of the endpoints is healthy. Below it they get as large a part of the exchanges as is missing, and all that the healthy ones have no room for; 0: only when no healthy one can take it. Within a rank of `backup`, whatever the policy; `down` and `drain` count neither as healthy nor as missing. See [health.md](health.md).',
  },
  queue: {
    name: 'queue',
    contexts: UPSTREAM,
    argument: custom({
      usage: 'number [timeout=time] [priority=$variable]',
      minWords: 1,
      maxWords: 3,
      parse: parseQueue,
    }),
    inherit: false,
    doc: 'When every endpoint that can be used, or the upstream, is full (`max_conns`, `concurrency`), at most `number` requests wait, over all threads; first come, first served. Beyond that, and after `timeout` (60s), the answer is 503. `priority=` (Weir only) gives a class from 0, which is served first, to 3; anything else is 3. With the queue full a request of a higher class takes the place of the newest of the lowest class. A client that leaves makes room at once. What failed at one endpoint does not wait for another.',
  },
  maxConns: {
    name: 'max_conns',
    contexts: UPSTREAM,
    argument: integer({ default: '0' }),
    inherit: false,
    doc: 'Weir only, beside `max_conns=` of `server`: how many requests all endpoints of the upstream together have at a time, over all threads, never one more. What is above it waits in the `queue`, or is answered at once with 503 and the reason `upstream_full`. 0 is no limit.',
  },
  concurrency: {
    name: 'concurrency',
    contexts: UPSTREAM,
    argument: custom({
      usage: 'adaptive [min=number] [max=number]',
      minWords: 1,
      maxWords: 3,
      parse: parseConcurrency,
    }),
    inherit: false,
    doc: 'Weir only. How many requests at a time each endpoint takes is learned: the limit rises while answers come as fast as they use to, and falls when they take longer. It stays between `min` (4) and `max` (1000), and below `max_conns`. What is above it waits in the `queue`, or is answered with 503.',
  },
  retryBudget: {
    name: 'retry_budget',
    contexts: UPSTREAM,
    argument: custom({
      usage: 'off | percent% [min=rate]',
      minWords: 1,
      maxWords: 2,
      default: ['20%', 'min=3r/s'],
      parse: parseRetryBudget,
    }),
    inherit: false,
    doc: 'Weir only. How many tries the requests may have beyond their first one (`proxy_next_upstream`, `proxy_hedge`), over all threads: so many per hundred tries that end well, and `min` (3r/s) beside them. Unused ones are kept for ten seconds of `min`, or as many as there are requests in flight. When there is none, the failure of the try before goes to the client, with the reason `retry_budget` in the log. A kept connection that had died is replaced without one. `off`: as many as endpoints, `proxy_next_upstream_tries` and time allow, as in nginx.',
  },
  sticky: {
    name: 'sticky',
    contexts: UPSTREAM,
    argument: custom({
      usage:
        'cookie name [parameters] | route $variable … | learn create=$variable lookup=$variable zone=name:size [parameters]',
      minWords: 2,
      maxWords: 30,
      parse: parseSticky,
    }),
    inherit: false,
    doc: "Keeps a client at one endpoint, whatever the policy. `cookie` names the endpoint in a cookie that is set on every answer, with `expires=time | max`, `domain=`, `path=`, `samesite=strict | lax | none | $variable`, `httponly` and `secure`; `route` finds it by the first of its variables that is not empty; `learn` notes in memory that all proxy threads share which endpoint gave a session (`create=`), and finds it by `lookup=`, for `timeout=` (10m) after its last use; `header` notes it when the head has come, not at the end. An endpoint's name is `route=` of its `server`, else the MD5 of its address as in nginx, or with `secret=` (ours) an HMAC that hides it. An endpoint that cannot be taken gives way to another, or with `strict` (ours) to 503.",
  },
  maxIdle: {
    name: 'keepalive',
    contexts: UPSTREAM,
    argument: integer({ default: '32' }),
    inherit: false,
    doc: 'Idle connections to the upstream that each proxy thread keeps; 0 keeps none. On by default, as in nginx since 1.29.7.',
  },
  maxRequests: {
    name: 'keepalive_requests',
    contexts: UPSTREAM,
    argument: integer({ default: '1000', min: 1 }),
    inherit: false,
    doc: 'Requests after which a connection to an endpoint is closed.',
  },
  maxAgeMs: {
    name: 'keepalive_time',
    contexts: UPSTREAM,
    argument: time({ default: '1h' }),
    inherit: false,
    doc: 'Age after which a connection to an endpoint is closed once its request has ended.',
  },
  idleTimeoutMs: {
    name: 'keepalive_timeout',
    contexts: UPSTREAM,
    argument: time({ default: '60s' }),
    inherit: false,
    doc: 'How long an idle connection to an endpoint is kept. Keep it below the keep-alive timeout of the endpoint.',
  },
});
/** The settings of one `upstream` block. */
export type UpstreamSettings = SettingsOf<typeof upstreamDirectives>;
