import type { ProxySettings } from '#native-bench/baselines/proxies.ts';
import type { WrkOptions } from '#native-bench/load/wrk.ts';
import type { PeerSpec } from './compare.ts';

/**
 * Who runs where. `apart`: the proxy has core 0 to itself, generator and origin share core 1.
 * `together`: all of them share cores 0 and 1 and the system's scheduler places them.
 */
export type Placement = 'apart' | 'together';

/**
 * What is measured: the traffic, and how the proxy is set up meanwhile. Workloads in results of
 * earlier versions have `name`, `about`, `path`, `heads`, `connections` and `accessLog` alone.
 */
export interface Workload {
  readonly name: string;
  /** One line for BENCHMARKS.md. It goes into the result, so it says what held for that run. */
  readonly about: string;
  readonly path: string;
  readonly heads: WrkOptions['heads'];
  /** A new client connection for every request. */
  readonly close: boolean;
  readonly connections: number;
  /** Body of every request (POST); 0: GET. */
  readonly sendBytes: number;
  /** Body of every answer. */
  readonly answerBytes: number;
  readonly accessLog: ProxySettings['accessLog'];
  readonly buffers: NonNullable<ProxySettings['buffers']>;
  readonly upstream: 'tcp' | 'unix';
  readonly placement: Placement;
  /** Who is compared; absent: every proxy with one thread. */
  readonly peers?: readonly PeerSpec[];
}

const SMALL = {
  path: '/u',
  heads: 'unique',
  close: false,
  connections: 64,
  sendBytes: 0,
  answerBytes: 64,
  accessLog: 'off',
  buffers: 'default',
  upstream: 'tcp',
  placement: 'apart',
} as const;

const ONE_MB = { ...SMALL, path: '/1mb', answerBytes: 1_048_576, connections: 16 } as const;

const WIDE = 'every proxy is given buffers of 64 KB';

/** The workloads of `npm run bench`, the headline first. */
export const WORKLOADS: readonly Workload[] = [
  {
    ...SMALL,
    name: 'unique-heads',
    about:
      'every request has another path and cookie, every answer another field value; 64 bytes back; log off. The headline',
  },
  {
    ...SMALL,
    name: 'identical-heads',
    about: 'the same request and the same answer again and again; flatters caches of parsed heads',
    path: '/same',
    heads: 'identical',
  },
  {
    ...SMALL,
    name: '512-connections',
    about: 'unique heads, log off, and many more clients at once',
    connections: 512,
  },
  {
    ...SMALL,
    name: 'log-on-buffered',
    about: 'unique heads, access log `buffer=64k flush=1s` (HAProxy has none: a write per line)',
    accessLog: 'buffered',
  },
  {
    ...SMALL,
    name: 'log-on-default',
    about: "unique heads, the access log's default: nginx and HAProxy write every line at once",
    accessLog: 'default',
  },
  {
    ...SMALL,
    name: '16k',
    about: `unique heads; 16,384 bytes back from the page cache; ${WIDE}`,
    path: '/16k',
    answerBytes: 16_384,
    buffers: 'wide',
  },
  {
    ...ONE_MB,
    name: '1mb',
    about: `unique heads; one megabyte back from the page cache; ${WIDE}`,
    buffers: 'wide',
  },
  {
    ...ONE_MB,
    name: '1mb-default-buffers',
    about: 'the same with the buffers that each proxy has by itself',
  },
  {
    ...SMALL,
    name: 'post-16k',
    about:
      'POST with a body of 16,384 bytes, unique heads, 64 bytes back when the origin has all of it. Buffers are those that each proxy has by itself: nginx reads the body whole and puts what exceeds 8 KB into a file (and, on loopback, waits 40 ms for a delayed ACK between its two writes, which costs it requests per second), Weir reads it whole into memory, HAProxy passes it on as it comes',
    path: '/post',
    sendBytes: 16_384,
  },
  {
    ...SMALL,
    name: 'post-16k-wide-buffers',
    about: `the same; ${WIDE}, so nginx needs no file`,
    path: '/post',
    sendBytes: 16_384,
    buffers: 'wide',
  },
  {
    ...SMALL,
    name: 'connection-per-request',
    about: 'a new client connection for every request; unique heads; upstream connections are kept',
    close: true,
  },
  {
    ...SMALL,
    name: 'uds-upstream',
    about: 'unique heads, log off; every proxy reaches the origin by a unix socket',
    upstream: 'unix',
  },
  {
    ...SMALL,
    name: 'two-threads',
    about:
      'unique heads; two threads (nginx: worker processes) beside one, same load. Nothing is pinned to a core of its own: proxy, generator and origin share cores 0 and 1, for one thread as for two',
    placement: 'together',
    peers: [
      { kind: 'nginx', threads: 1 },
      { kind: 'nginx', threads: 2 },
      { kind: 'weir', threads: 2 },
      { kind: 'weir', threads: 1 },
    ],
  },
];

/** The workload of that name. Throws when there is none. */
export function workloadNamed(name: string): Workload {
  const found = WORKLOADS.find((workload) => workload.name === name);
  if (found === undefined) throw new Error(`there is no workload ${name}`);
  return found;
}

/** The workload without traffic: what idle connections cost, and where they lie. */
export const IDLE_WORKLOAD = 'idle-connections';

/** Every name that `--workload` takes. */
export const WORKLOAD_NAMES: readonly string[] = [
  ...WORKLOADS.map(({ name }) => name),
  IDLE_WORKLOAD,
];
