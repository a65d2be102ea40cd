import type { Workload } from './compare.ts';

const SMALL = { path: '/', connections: 64, accessLog: 'off' } as const;

/** The workloads of `npm run bench`, the headline first. */
export const WORKLOADS: readonly Workload[] = [
  {
    ...SMALL,
    name: 'unique-heads',
    about: 'every request has another path and cookie; 64 bytes back; log off. The headline',
    heads: 'unique',
  },
  {
    ...SMALL,
    name: 'identical-heads',
    about: 'the same request again and again; flatters caches of parsed heads',
    heads: 'identical',
  },
  {
    ...SMALL,
    name: 'log-on-buffered',
    about: 'unique heads, access log `buffer=64k flush=1s` (HAProxy has none: a write per line)',
    heads: 'unique',
    accessLog: 'buffered',
  },
  {
    ...SMALL,
    name: 'log-on-default',
    about: "unique heads, the access log's default: nginx and HAProxy write every line at once",
    heads: 'unique',
    accessLog: 'default',
  },
  {
    name: '1mb',
    about: 'one megabyte back from the page cache; 16 connections',
    path: '/1mb',
    connections: 16,
    accessLog: 'off',
    heads: 'identical',
  },
  {
    ...SMALL,
    name: 'connection-per-request',
    about: 'a new client connection for every request; upstream connections are kept',
    heads: 'close',
  },
];

/** The workload without traffic: what idle connections cost, and where they lie. */
export const IDLE_WORKLOAD = 'idle-connections';

/** Every name that `--workload` takes. */
export const WORKLOAD_NAMES: readonly string[] = [
  ...WORKLOADS.map(({ name }) => name),
  IDLE_WORKLOAD,
];
