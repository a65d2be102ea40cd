/**
 * What a request costs in a large configuration: the same mix of requests, through whole exchanges,
 * with ten servers and with thousands. `scenarios/config-scale.ts` judges the difference.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  drawRequests,
  type LargeConfiguration,
  writeLargeConfiguration,
} from '#native-bench/large-configuration.ts';
import { SystemClock } from '#src/base/clock.ts';
import type { Model } from '#src/config/model.ts';
import { PackedModel, packModel } from '#src/config/packed-model.ts';
import { loadConfiguration } from '#src/config/read-configuration.ts';
import { FunctionHost } from '#src/functions/function-host.ts';
import { compilePattern } from '#src/pattern/pattern.ts';
import type { Bench } from './measure.ts';
import { exchangesThrough } from './memory-exchanges.ts';

/** Each asks one host, as browsers do; it sends a few different heads. */
const CLIENTS = 1024;
const HEADS = 4;
const SEED = 20_261_121;

interface Built {
  readonly large: LargeConfiguration;
  readonly model: Model;
  readonly clock: SystemClock;
}

/** As a thread has it: servers are compiled when they are asked for. */
async function build(servers: number): Promise<Built> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-size-'));
  try {
    const sizes = { folder, servers, port: 8080, originPort: 9, threads: 1 };
    const large = writeLargeConfiguration(sizes);
    const { model, problems, tree } = await loadConfiguration({ file: large.file, prefix: folder });
    if (model === undefined) throw new Error(JSON.stringify(problems));
    const clock = new SystemClock();
    const packed = new PackedModel(packModel(tree, model));
    return { large, model: packed.open(clock, new FunctionHost([]), compilePattern), clock };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** With `like` the traffic is for as many servers as that one has, else for all. */
function exchangesIn({ clock, large, model }: Built, like?: Built): Bench['run'] {
  const requests = drawRequests(large, CLIENTS, SEED, like?.large).map(({ host, path }) =>
    Array.from({ length: HEADS }, (_, head) =>
      Buffer.from(
        `GET ${path}?v=${head} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: wrk\r\nAccept: */*\r\n` +
          'Accept-Encoding: gzip\r\n\r\n',
      ),
    ),
  );
  return exchangesThrough(model, clock, requests);
}

/** With ten servers; with that many and traffic for ten of them; the same and traffic for all. */
export async function benchesOf(servers: number): Promise<readonly Bench[]> {
  const ten = await build(10);
  const many = await build(servers);
  return [
    { name: '10 servers', run: exchangesIn(ten) },
    { name: `${servers} servers, traffic for 10`, run: exchangesIn(many, ten) },
    { name: `${servers} servers, traffic for all`, run: exchangesIn(many) },
  ];
}

/** What `npm run micro` measures. */
export const makeBenches = (): Promise<readonly Bench[]> => benchesOf(5_000);
