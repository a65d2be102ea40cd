/** Stop 10 of a request: its line, put as bytes into the buffer of a log file. */
import { SystemClock } from '#src/base/clock.ts';
import { LF } from '#src/bytes/ascii.ts';
import { ByteWriter } from '#src/bytes/byte-writer.ts';
import { buildModel } from '#src/config/build.ts';
import { parse } from '#src/config/syntax/parser.ts';
import type { LineFormat } from '#src/exchange/access-record.ts';
import type { Exchange } from '#src/exchange/exchange.ts';
import { Problems } from '#src/schema/problem.ts';
import { endedExchanges } from './ended-exchanges.ts';
import type { Bench } from './measure.ts';

const VARIANTS = 256;
/**
 * As with `buffer=64k`. The buffer of a file changes places with another one and is written in the
 * background, which would need the event loop: this one begins anew.
 */
const BUFFER_BYTES = 65_536;
const MAX_LINE_BYTES = 4096;

const FORMATS = `
  log_format short '$status';
  log_format json escape=json '{"time":"$time_iso8601","remote":"$remote_addr",'
    '"request":"$request","status":$status,"bytes":$body_bytes_sent,"referer":"$http_referer",'
    '"agent":"$http_user_agent","upstream":"$upstream_addr","took":$upstream_response_time}';`;

const clock = new SystemClock();
const exchanges = endedExchanges(VARIANTS);

function formatOf(name: string): LineFormat<Exchange> {
  const problems = new Problems();
  const conf = `events {} http { ${FORMATS} access_log /dev/null ${name} buffer=64k flush=1s;
    server { listen 127.0.0.1:8080; location / { return 204; } } }`;
  const nodes = parse(conf, 'bench.conf', problems);
  const tree = { file: '/bench.conf', prefix: '/', nodes, hosts: {}, errorLog: 'stderr' };
  const { model, problems: found } = buildModel({ ...tree, defaultPort: 1 }, clock);
  const log = model?.servers[0]?.locations[0]?.log.accessLogs[0];
  if (log === undefined) throw new Error(JSON.stringify([...problems.list, ...found]));
  return log.format;
}

function write(name: string): Bench['run'] {
  const format = formatOf(name);
  const out = new ByteWriter(BUFFER_BYTES + MAX_LINE_BYTES);
  return (count) => {
    for (let i = 0; i < count; i += 1) {
      if (out.at >= BUFFER_BYTES) out.at = 0;
      format.write(exchanges[i % VARIANTS] as Exchange, out);
      out.byte(LF);
    }
    return out.at;
  };
}

export const benches: readonly Bench[] = [
  { name: 'one variable', run: write('short') },
  { name: 'combined', run: write('combined') },
  { name: 'nine variables as JSON', run: write('json') },
];
