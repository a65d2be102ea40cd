/** Stop 10 of a request: its line evaluated and put into the file's buffer, and the buffer written. */
import { SystemClock } from '#src/base/clock.ts';
import { TimerWheel } from '#src/base/timer-wheel.ts';
import { buildModel } from '#src/config/build.ts';
import { parse } from '#src/config/syntax/parser.ts';
import type { Exchange } from '#src/exchange/exchange.ts';
import type { Location } from '#src/routing/model.ts';
import { Problems } from '#src/schema/problem.ts';
import { AccessLogs } from '#src/server/access-logs.ts';
import { endedExchanges } from './ended-exchanges.ts';
import type { Bench } from './measure.ts';

const VARIANTS = 256;
/**
 * Lines until the file is closed, which writes them at once: fewer than fill `buffer=64k`, whose
 * write in the background would need the event loop. Opening and closing is part of the figure, a
 * few nanoseconds per line.
 */
const LINES_PER_FILE = 200;

const FORMATS = `
  log_format short '$status';
  log_format json escape=json '{"time":"$time_iso8601","remote":"$remote_addr",'
    '"request":"$request","status":$status,"bytes":$body_bytes_sent,"referer":"$http_referer",'
    '"agent":"$http_user_agent","upstream":"$upstream_addr","took":$upstream_response_time}';`;

const clock = new SystemClock();
const exchanges = endedExchanges(VARIANTS);

function locationWith(format: string): Location {
  const problems = new Problems();
  const conf = `events {} http { ${FORMATS} access_log /dev/null ${format} buffer=64k flush=1s;
    server { listen 127.0.0.1:8080; location / { return 204; } } }`;
  const nodes = parse(conf, 'bench.conf', problems);
  const tree = { file: '/bench.conf', prefix: '/', nodes, hosts: {}, errorLog: 'stderr' };
  const { model, problems: found } = buildModel({ ...tree, defaultPort: 1 }, clock);
  const location = model?.servers[0]?.locations[0];
  if (location === undefined) throw new Error(JSON.stringify([...problems.list, ...found]));
  return location;
}

function write(format: string): Bench['run'] {
  const location = locationWith(format);
  const wheel = new TimerWheel(clock);
  let dropped = 0;
  const observer = {
    onDropped: (lines: number): void => {
      dropped += Math.max(1, lines);
    },
  };
  return (count) => {
    for (let left = count; left > 0; left -= LINES_PER_FILE) {
      const logs = new AccessLogs(wheel, observer);
      const [log] = logs.of(location);
      const lines = Math.min(left, LINES_PER_FILE);
      for (let i = 0; i < lines; i += 1) log?.write(exchanges[i % VARIANTS] as Exchange);
      logs.close();
    }
    if (dropped > 0) throw new Error(`${dropped} lines were dropped`);
    return count;
  };
}

export const benches: readonly Bench[] = [
  { name: 'one variable', run: write('short') },
  { name: 'combined', run: write('combined') },
  { name: 'nine variables as JSON', run: write('json') },
];
