/** `$names` as directives and logs take them: a text compiled once, evaluated for an exchange. */
import { SystemClock } from '#src/base/clock.ts';
import type { Exchange } from '#src/exchange/exchange.ts';
import { Problems } from '#src/schema/problem.ts';
import { VariableCompiler } from '#src/variables/compiler.ts';
import { endedExchanges } from './ended-exchanges.ts';
import type { Bench } from './measure.ts';

const VARIANTS = 256;
const PLACE = { file: 'bench.conf', line: 1, column: 1 };
const compiler = new VariableCompiler({ clock: new SystemClock(), hostname: 'edge', pid: 42 });
const exchanges = endedExchanges(VARIANTS);

function evaluate(...texts: string[]): Bench['run'] {
  const problems = new Problems();
  const values = texts.map((text) => {
    const value = compiler.compile(text, PLACE, problems);
    if (value === undefined) throw new Error(JSON.stringify(problems.list));
    return value;
  });
  return (count) => {
    let total = 0;
    for (let i = 0; i < count; i += 1) {
      const exchange = exchanges[i % VARIANTS] as Exchange;
      for (const value of values) {
        const text = value.evaluate(exchange);
        // Read, as whoever writes it does: a string that was put together is made flat by that.
        total += text.charCodeAt(text.length - 1);
      }
    }
    return total;
  };
}

export const benches: readonly Bench[] = [
  {
    name: 'the four proxy_set_header values of npm run bench',
    run: evaluate('$host', '$remote_addr', '$proxy_add_x_forwarded_for', '$scheme'),
  },
  { name: '$request', run: evaluate('$request') },
  { name: '$http_user_agent', run: evaluate('$http_user_agent') },
  { name: '$upstream_response_time', run: evaluate('$upstream_response_time') },
  { name: '$request_uri', run: evaluate('$request_uri') },
  { name: '$cookie_session', run: evaluate('$cookie_session') },
];
