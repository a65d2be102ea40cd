/** What idle connections cost a proxy, and how evenly they lie on its threads. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type ProxyKind,
  type RunningProcess,
  startFastOrigin,
  startProxy,
} from '#native-bench/baselines/proxies.ts';
import { openIdleConnections } from '#native-bench/load/idle-connections.ts';
import { runLoad } from '#native-bench/load/load.ts';
import {
  connectionsPerProcess,
  listeningSockets,
  memoryKb,
} from '#native-bench/measure/process-usage.ts';
import { maxOverMean } from '#native-bench/measure/statistics.ts';

/** Connections of the memory part and of the spread part, as the issue states them. */
export const MEMORY_CONNECTIONS = 3000;
export const SPREAD_CONNECTIONS = 1000;

/** What so many idle connections cost. */
export interface IdleMemory {
  readonly connections: number;
  readonly rssBeforeKb: number;
  readonly rssAfterKb: number;
  readonly kbPerConnection: number;
  /**
   * The same over as many connections again, opened while the first ones wait. Garbage that was
   * there before the first ones, and is freed or filled by them, hides their cost; not that of these.
   */
  readonly kbPerFurtherConnection: number;
  /** Connections that the proxy closed although they should have stayed. */
  readonly closedByPeer: number;
}

/** Where they lie. */
export interface IdleSpread {
  readonly perThread: readonly number[];
  readonly maxOverMean: number;
}

const LISTEN_POLL_MS = 20;
const MAX_POLLS = 500;
const SETTLE_MS = 1500; // lets freed memory go and buffers of finished requests return
const WARM_REQUESTS = 100_000; // code is compiled and pools are filled before the first reading

/** RSS growth of all of a proxy's processes per idle connection that has made one request. */
export async function measureIdleMemory(
  kind: ProxyKind,
  connections = MEMORY_CONNECTIONS,
  warmRequests = WARM_REQUESTS,
): Promise<IdleMemory> {
  return withProxy(kind, 1, async (proxy) => {
    await runLoad({
      port: proxy.port,
      mode: 'closed',
      connections: 64,
      requests: warmRequests,
      heads: 'unique',
    });
    await delay(SETTLE_MS);
    const before = memoryKb(proxy.pid).rss;
    const idle = await openIdleConnections(proxy.port, connections);
    await delay(SETTLE_MS);
    const after = memoryKb(proxy.pid).rss;
    const further = await openIdleConnections(proxy.port, connections);
    await delay(SETTLE_MS);
    const last = memoryKb(proxy.pid).rss;
    const closedByPeer = idle.closedByPeer() + further.closedByPeer();
    await Promise.all([idle.close(), further.close()]);
    return {
      connections,
      rssBeforeKb: before,
      rssAfterKb: after,
      kbPerConnection: (after - before) / connections,
      kbPerFurtherConnection: (last - after) / connections,
      closedByPeer,
    };
  });
}

/** How idle connections spread over two threads (nginx: processes). */
export async function measureIdleSpread(
  kind: ProxyKind,
  connections = SPREAD_CONNECTIONS,
): Promise<IdleSpread> {
  return withProxy(kind, 2, async (proxy) => {
    // Who comes before the second thread listens goes to the first.
    for (let polls = 0; kind !== 'haproxy' && listeningSockets(proxy.port) < 2; polls += 1) {
      if (polls > MAX_POLLS) throw new Error(`${kind}: only one thread listens`);
      await delay(LISTEN_POLL_MS);
    }
    const idle = await openIdleConnections(proxy.port, connections);
    try {
      const perThread = await threadConnections(proxy);
      return { perThread, maxOverMean: maxOverMean(perThread) };
    } finally {
      await idle.close();
    }
  });
}

/** Memory of an idle proxy with two threads after some traffic: master and generation together. */
export async function measureMemory(
  kind: ProxyKind,
  requests: number,
): Promise<{ pssMb: number; rssMb: number }> {
  return withProxy(kind, 2, async (proxy) => {
    await runLoad({
      port: proxy.port,
      mode: 'closed',
      connections: 64,
      requests,
      heads: 'unique',
    });
    await delay(SETTLE_MS);
    const { pss, rss } = memoryKb(proxy.pid);
    return { pssMb: pss / 1024, rssMb: rss / 1024 };
  });
}

async function withProxy<Result>(
  kind: ProxyKind,
  threads: number,
  measure: (proxy: RunningProcess) => Promise<Result>,
): Promise<Result> {
  const origin = await startFastOrigin(undefined);
  try {
    const proxy = await startProxy(kind, { threads, originPort: origin.port, accessLog: 'off' });
    try {
      return await measure(proxy);
    } finally {
      await proxy.stop();
    }
  } finally {
    await origin.stop();
  }
}

/** Connections held by each thread: from the kernel, HAProxy's activity, or Weir's JSON status. */
async function threadConnections(proxy: RunningProcess): Promise<number[]> {
  if (proxy.kind === 'nginx') {
    const counts = connectionsPerProcess(proxy.pid, proxy.port);
    counts.delete(proxy.pid); // the master accepts nothing
    return [...counts.values()];
  }
  if (proxy.kind === 'haproxy') {
    // "accepted: 1001 [ 500 501 ]"
    const activity = await askHaproxy(`${proxy.directory}/stats.sock`, 'show activity');
    const list = /^accepted: \d+ \[ ([\d ]+) \]/m.exec(activity)?.[1];
    if (list === undefined) throw new Error(`HAProxy tells no accepted connections:\n${activity}`);
    return list.trim().split(/\s+/).map(Number);
  }
  return weirThreadConnections(`http://127.0.0.1:${proxy.port}/weir-status`);
}

/** The open connections of each proxy thread, by the page of `status_json`. */
export async function weirThreadConnections(url: string): Promise<number[]> {
  const response = await fetch(url, { headers: { connection: 'close' } });
  const status = (await response.json()) as { threads: { active: number }[] };
  return status.threads.map(({ active }) => active);
}

async function askHaproxy(path: string, command: string): Promise<string> {
  const socket = connect(path);
  let text = '';
  socket.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  socket.end(`${command}\n`);
  await once(socket, 'close');
  return text;
}
