/** A Weir in the rig of `npm run bench`, whose garbage collections are watched. */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startFastOrigin } from '#native-bench/baselines/proxies.ts';
import { runWrk, type WrkReport } from '#native-bench/load/wrk.ts';
import type { ScenarioContext } from '#scenarios/scenario.ts';
import { startWeirFor } from '#scenarios/support/started.ts';
import { WEIR } from '#test/support/weir.ts';
import { type Collection, collectionsIn } from './gc-trace.ts';

/** Programs that the rig needs (and stdbuf, which every Debian has). */
export const TRACE_NEEDS: readonly string[] = ['nginx', 'wrk', 'taskset'];

const PROXY_CORE = 0;
const LOAD_CORE = 1;
const CONNECTIONS = 64;
const TRACE_ON = join(import.meta.dirname, 'gc-trace-on.ts');

/** What happened under a load of some seconds. */
export interface TracedLoad {
  readonly report: WrkReport;
  /** Of all isolates of all its processes. */
  readonly collections: readonly Collection[];
}

/** The running proxy. */
export interface TracedWeir {
  /** Process id of the generation. */
  readonly generationPid: number;
  /** All collections since the start. */
  collections(): readonly Collection[];
  /** Runs wrk: 64 connections, unique heads. */
  load(seconds: number): Promise<TracedLoad>;
}

/**
 * Starts it with one proxy thread on core 0 before nginx as the origin on core 1, where the load
 * runs too; `accessLog` as in the configuration. It ends with the scenario.
 */
export async function startTracedWeir(
  context: ScenarioContext,
  accessLog: string,
): Promise<TracedWeir> {
  const origin = await startFastOrigin(LOAD_CORE);
  context.defer(() => origin.stop());
  const weir = await startWeirFor(context, {
    weir: writeLauncher(context.directory),
    conf: (port) => `
      worker_processes 1;
      error_log stderr notice;
      events { worker_connections 2048; }
      http {
        access_log ${accessLog};
        keepalive_requests 100000000;
        upstream origin {
          server 127.0.0.1:${origin.port};
          keepalive 256;
          keepalive_requests 100000000;
        }
        server {
          listen 127.0.0.1:${port};
          location / {
            proxy_pass http://origin;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $host;
            proxy_set_header X-Real-IP $remote_addr;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
          }
          location = /weir-status { status_json; }
        }
      }`,
  });
  const answer = await fetch(weir.url('/weir-status'), { headers: { connection: 'close' } });
  const { generationPid } = (await answer.json()) as { generationPid: number };
  const load = async (seconds: number): Promise<TracedLoad> => {
    const from = weir.output.length;
    const report = await runWrk({
      url: weir.url('/u'),
      seconds,
      connections: CONNECTIONS,
      heads: 'unique',
      core: LOAD_CORE,
    });
    return { report, collections: collectionsIn(weir.output.slice(from)) };
  };
  return { generationPid, collections: () => collectionsIn(weir.output), load };
}

/** bin/weir on its core, with every line of V8 written when it is complete. */
function writeLauncher(directory: string): string {
  const file = join(directory, 'weir');
  const lines = [
    '#!/bin/sh',
    `NODE_OPTIONS='--import ${TRACE_ON}'; export NODE_OPTIONS`,
    `exec taskset -c ${PROXY_CORE} stdbuf -oL ${WEIR} "$@"`,
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  chmodSync(file, 0o755);
  return file;
}
