/**
 * What failed, in the error log: one line that names the reason, the client and the endpoint. And what
 * `rewrite_log` tells.
 */

import { CONNECTION_ENDS, type ConnectionEnd } from '#src/base/connection-end.ts';
import { FAILURES, type FailureCode } from '#src/base/failure.ts';
import type { ErrorLog, LogLevel } from '#src/base/log.ts';
import type { AccessLogTarget } from '#src/exchange/access-record.ts';
import type { ClientFacts } from '#src/exchange/downstream.ts';
import type { Exchange } from '#src/exchange/exchange.ts';
import { clientAddressOf } from '#src/exchange/real-ip.ts';

/** nginx's levels: what an endpoint does is an error, what a client does is information. */
const LEVELS: Readonly<Record<'downstream' | 'upstream' | 'internal', LogLevel>> = {
  downstream: 'info',
  upstream: 'error',
  internal: 'error',
};

/** Ours, and written when they happened: then what they were about was known. */
const TOLD: ReadonlySet<FailureCode> = new Set(['pass_url_invalid', 'local_address_failed']);

export class FailureLog {
  readonly #log: ErrorLog;
  /** Those of locations that have their own, by where the location's access log goes. */
  readonly #logs = new Map<readonly AccessLogTarget[], ErrorLog>();

  /** `log` takes the lines of locations without an `error_log` of their own. */
  constructor(log: ErrorLog) {
    this.#log = log;
  }

  /** Exchanges with these `logs` have an error log of their own. */
  use(log: ErrorLog, logs: readonly AccessLogTarget[]): void {
    this.#logs.set(logs, log);
  }

  #logOf({ logs }: Exchange): ErrorLog {
    return this.#logs.get(logs) ?? this.#log;
  }

  /** A try failed, whether or not another one follows. */
  onAttemptFailed(exchange: Exchange, failure: FailureCode, endpoint: string): void {
    this.#write(exchange, failure, endpoint);
  }

  /** What variables in `proxy_pass` name was not found. */
  onPassFailed(exchange: Exchange, failure: FailureCode, detail: string): void {
    this.#write(exchange, failure, '', `: ${detail}`);
  }

  /** What variables gave `proxy_bind` is no address; the exchange goes on without. */
  onBindInvalid(exchange: Exchange, text: string): void {
    const client = clientAddressOf(exchange) ?? '';
    const { serverName } = exchange;
    this.#logOf(exchange).error(
      `invalid local address "${text}", client: ${client}, server: ${serverName}`,
    );
  }

  /** `proxy_store` has not kept an answer, which the client has all the same. */
  onStoreFailed(path: string, why: string, level: 'crit' | 'error'): void {
    this.#log.log(level, `proxy_store: "${path}" was not stored: ${why}`);
  }

  /** An exchange ended with a reason; what was written when it happened is not written again. */
  onReason(exchange: Exchange): void {
    const { reason } = exchange;
    if (reason === '' || TOLD.has(reason)) return;
    if (FAILURES[reason].source !== 'upstream') this.#write(exchange, reason, '');
  }

  /** Whether ends of connections are told: at level info, as in nginx. */
  get tellsEnds(): boolean {
    return this.#log.isOn(LEVELS.downstream);
  }

  /** A connection of a client has ended. */
  onClientEnd(end: ConnectionEnd, { exchangeCount, remoteAddress, remotePort }: ClientFacts): void {
    const client = `${remoteAddress}:${remotePort}`;
    this.#log.info(
      `${end}: ${CONNECTION_ENDS[end].means}, client: ${client}, requests: ${exchangeCount}`,
    );
  }

  /** A connection to that endpoint has ended. */
  onUpstreamEnd(end: ConnectionEnd, name: string): void {
    if (!this.tellsEnds) return;
    this.#log.info(`${end}: ${CONNECTION_ENDS[end].means}, upstream: "${name}"`);
  }

  /** `rewrite_log`: what a step did. */
  onRewrite(exchange: Exchange, text: string): void {
    const log = this.#logOf(exchange);
    if (log.isOn('notice')) log.notice(`${text}, ${requestOf(exchange, '')}`);
  }

  /** A temporary file could not be written or read. The operator has to make room. */
  onSpoolFailed(exchange: Exchange, errno: string): void {
    const client = clientAddressOf(exchange) ?? '';
    this.#logOf(exchange).log(
      'crit',
      `a temporary file failed (${errno}), client: ${client}, server: ${exchange.serverName}; ` +
        'see client_body_temp_path and proxy_temp_path, and the room on their disks',
    );
  }

  #write(exchange: Exchange, failure: FailureCode, endpoint: string, detail = ''): void {
    const { means, source } = FAILURES[failure];
    const level = failure === 'fault_abort' ? 'info' : LEVELS[source]; // as it was wanted
    const log = this.#logOf(exchange);
    if (!log.isOn(level)) return;
    log.log(level, `${failure}: ${means}${detail}, ${requestOf(exchange, endpoint)}`);
  }
}

function requestOf(exchange: Exchange, endpoint: string): string {
  const { request, serverName } = exchange;
  const client = clientAddressOf(exchange) ?? '';
  const line = `${request.method} ${request.target} ${request.protocol}`;
  const upstream = endpoint === '' ? '' : `, upstream: "${endpoint}"`;
  const host = request.host === '' ? '' : `, host: "${request.host}"`;
  return `client: ${client}, server: ${serverName}, request: "${line}"${upstream}${host}`;
}
