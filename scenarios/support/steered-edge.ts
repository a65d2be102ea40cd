/** A Weir whose upstream is steered by `weir ctl` while it is under load. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type LoadRun, startLoad } from '#native-bench/load/load.ts';
import type { LoadReport } from '#native-bench/load/options.ts';
import { type Origin, startOrigin } from '#native-bench/origin/origin.ts';
import type { ScenarioContext } from '#scenarios/scenario.ts';
import { startWeirFor } from '#scenarios/support/started.ts';
import { WEIR, type Weir } from '#test/support/weir.ts';

const run = promisify(execFile);

/** What `servers --json` tells of each. */
export interface SteeredPeer {
  readonly id: number;
  readonly server: string;
  readonly state: string;
  readonly active: number;
  readonly requests: number;
}

/** The edge, its origins, and the hand on it. */
export interface SteeredEdge {
  readonly weir: Weir;
  readonly origins: readonly Origin[];
  /** `weir ctl …`; rejects when it says no. */
  ctl(...words: string[]): Promise<string>;
  peers(): Promise<readonly SteeredPeer[]>;
}

/** Starts `originCount` origins, the first `memberCount` of them in the upstream `app`. */
export async function startSteeredEdge(
  context: ScenarioContext,
  originCount: number,
  memberCount: number,
): Promise<SteeredEdge> {
  const origins = await Promise.all(
    Array.from({ length: originCount }, () => startOrigin({ workMs: 5, slots: 64 })),
  );
  context.defer(async () => {
    for (const origin of origins) await origin.close();
  });
  const servers = origins.slice(0, memberCount).map(({ port }) => `server 127.0.0.1:${port};`);
  const weir = await startWeirFor(context, {
    conf: (port) => `
      worker_processes 2;
      error_log stderr notice;
      events { worker_connections 2048; }
      http {
        access_log off;
        upstream app { zone app 64k; ${servers.join(' ')} keepalive 64; }
        server { listen 127.0.0.1:${port}; location / { proxy_pass http://app; } }
      }`,
  });
  await weir.waitForLine(/weir serves with/);
  const ctl = async (...words: string[]) => {
    const args = ['ctl', ...words, '-p', weir.folder, '-c', weir.file];
    return (await run(WEIR, args)).stdout;
  };
  const peers = async () => {
    return JSON.parse(await ctl('servers', 'app', '--json')) as SteeredPeer[];
  };
  return { weir, origins, ctl, peers };
}

/** GETs, and POSTs that nobody may try twice. */
export async function startMixedLoad(weir: Weir, short: boolean): Promise<readonly LoadRun[]> {
  const load = { port: weir.port, mode: 'open', threads: 1, connections: 128 } as const;
  const [gets, posts] = short ? [200, 50] : [800, 200];
  return await Promise.all([
    startLoad({ ...load, ratePerSec: gets }),
    startLoad({ ...load, ratePerSec: posts, uploadBytes: 64 }),
  ]);
}

/** Ends the load. */
export async function endLoad(loads: readonly LoadRun[]): Promise<MixedReport> {
  for (const load of loads) load.stop();
  const reports = await Promise.all(loads.map(({ done }) => done));
  const sum = (of: (report: LoadReport) => number) =>
    reports.reduce((total, report) => total + of(report), 0);
  return {
    requests: sum(({ requests }) => requests),
    failures: sum(({ failures, statuses }) => failures + otherThan200(statuses)),
    reports,
  };
}

function otherThan200(statuses: LoadReport['statuses']): number {
  return Object.entries(statuses).reduce((sum, [status, count]) => {
    return status === '200' ? sum : sum + count;
  }, 0);
}

/** What came of both. */
export interface MixedReport {
  readonly requests: number;
  /** Without an answer, or with another than 200. */
  readonly failures: number;
  readonly reports: readonly LoadReport[];
}
