/** A Weir under experiment: two threads in front of one origin, with its status and its crashes. */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Origin } from '#native-bench/origin/origin.ts';
import type { ScenarioContext } from '#scenarios/scenario.ts';
import { startOriginFor, startWeirFor } from '#scenarios/support/started.ts';
import type { Weir } from '#test/support/weir.ts';

/** What a scenario works with. */
export interface Edge {
  readonly weir: Weir;
  readonly origin: Origin;
  /** Process id of the generation that answers now. */
  generationPid(): Promise<number>;
  /** Makes a proxy thread of the generation end in a given way (workers/crash.ts). */
  crash(how: string, thread: number): Promise<void>;
}

/** The facts of status_json that scenarios look at. */
export interface Status {
  readonly generation: number;
  readonly generationPid: number;
  readonly threads: readonly { readonly state: string; readonly requests: number }[];
}

/** Starts both; they end with the scenario. `main` is put before `events`. */
export async function startEdge(context: ScenarioContext, main = ''): Promise<Edge> {
  const origin = await startOriginFor(context);
  const hooks = join(context.directory, 'crash');
  chmodSync(context.directory, 0o755); // the generation is not root and reads it
  const weir = await startWeirFor(context, {
    env: { WEIR_TEST_HOOKS: hooks },
    conf: (port) => `
      worker_processes 2;
      error_log stderr notice;
      ${main}
      events { worker_connections 2048; }
      http {
        access_log off;
        upstream origin { server 127.0.0.1:${origin.port}; keepalive 64; }
        server {
          listen 127.0.0.1:${port};
          location / { proxy_pass http://origin; proxy_http_version 1.1; proxy_set_header Connection ""; }
          location = /weir-status { status_json; }
        }
      }`,
  });
  // Its first thread answers before the others do; a generation that dies until then has not started.
  await weir.waitForLine(/weir serves with/);
  const generationPid = async (): Promise<number> => (await statusOf(weir)).generationPid;
  const crash = async (how: string, thread: number): Promise<void> => {
    writeFileSync(hooks, `${how} ${thread}`);
    process.kill(await generationPid(), 'SIGUSR2');
  };
  return { weir, origin, generationPid, crash };
}

/** What the edge says about itself. */
export async function statusOf(weir: Weir): Promise<Status> {
  const answer = await fetch(weir.url('/weir-status'), { headers: { connection: 'close' } });
  return (await answer.json()) as Status;
}

/** Milliseconds until the edge answers, tried on a new connection every few milliseconds. */
export async function timeToAnswer(weir: Weir): Promise<number> {
  const startMs = performance.now();
  for (;;) {
    try {
      await statusOf(weir);
      return performance.now() - startMs;
    } catch {
      await new Promise((retry) => setTimeout(retry, 5));
    }
  }
}

/** The named counts that are not zero, as text: `reset 3, closed 1`, or `none`. */
export function nonZero(counts: Readonly<Record<string, number>>): string {
  const parts = Object.entries(counts).filter(([, count]) => count > 0);
  return parts.map(([name, count]) => `${name} ${count}`).join(', ') || 'none';
}
