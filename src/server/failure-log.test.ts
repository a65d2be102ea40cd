import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorLog, type LogLevel } from '#src/base/log.ts';
import { Exchange } from '#src/exchange/exchange.ts';
import { FailureLog } from './failure-log.ts';

/** What a log of that level is told of a step of `rewrite`. */
function linesAt(level: LogLevel): string[] {
  const lines: string[] = [];
  const log = new FailureLog(new ErrorLog({ write: (line) => lines.push(line) }, level, 1, 2));
  const exchange = new Exchange();
  exchange.serverName = 'a.test';
  const { request } = exchange;
  request.method = 'GET';
  request.target = '/a?b';
  request.protocol = 'HTTP/1.1';
  request.host = 'www.a.test';
  log.onRewrite(exchange, '"^" matches "/a"');
  return lines.map((line) => line.replace(/^.*? \[/, '['));
}

test('rewrite_log writes notices that name the request', () => {
  assert.deepEqual(linesAt('notice'), [
    '[notice] 1#2: "^" matches "/a", client: , server: a.test, request: "GET /a?b HTTP/1.1", host: "www.a.test"\n',
  ]);
  assert.deepEqual(linesAt('warn'), []);
});
