/**
 * A whole exchange without the kernel: request in, request out, response in, response out. What is
 * left of a request's cost when system calls are taken away, and what it allocates.
 */
import { weirConfiguration } from '#native-bench/setup.ts';
import { SystemClock } from '#src/base/clock.ts';
import { buildModel } from '#src/config/build.ts';
import { parse } from '#src/config/syntax/parser.ts';
import { Problems } from '#src/schema/problem.ts';
import type { Bench } from './measure.ts';
import { exchangesThrough } from './memory-exchanges.ts';

const CONNECTIONS = 64;
const VARIANTS = 1024;

const requests = Array.from({ length: VARIANTS }, (_, variant) =>
  Buffer.from(
    `GET /u/${variant * 7919}/${variant} HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: wrk\r\n` +
      `Accept: */*\r\nCookie: session=${variant * 104_729}\r\n\r\n`,
  ),
);
function exchanges(log: string): Bench['run'] {
  const conf = weirConfiguration({
    DIRECTORY: '/',
    THREADS: '1',
    PORT: '8080',
    ORIGIN: '127.0.0.1:9',
    ACCESS_LOG: log,
    BUFFERS: '',
  });
  const problems = new Problems();
  const nodes = parse(conf, 'bench.conf', problems);
  const clock = new SystemClock();
  const tree = { file: '/bench.conf', prefix: '/', nodes, hosts: {}, errorLog: 'stderr' };
  const { model, problems: found } = buildModel({ ...tree, defaultPort: 1 }, clock);
  if (model === undefined) throw new Error(JSON.stringify([...problems.list, ...found]));
  const perConnection = Object.values(
    Object.groupBy(requests.entries(), ([at]) => at % CONNECTIONS),
  );
  return exchangesThrough(
    model,
    clock,
    perConnection.map((own = []) => own.map(([, bytes]) => bytes)),
  );
}

export const benches: readonly Bench[] = [
  { name: 'unique heads, log off', run: exchanges('off') },
  {
    name: 'unique heads, log buffer=64k',
    run: exchanges('/dev/null combined buffer=64k flush=1s'),
  },
];
