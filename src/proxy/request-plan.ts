/**
 * Data path. How the requests of one location look to its upstream: which fields go on, which are
 * set, what the target becomes. Compiled when the configuration loads.
 */

import type { ByteBlock } from '#src/bytes/byte-copy.ts';
import type { ConnectionLines } from '#src/exchange/downstream.ts';
import type { Exchange } from '#src/exchange/exchange.ts';
import { isPlainPath } from '#src/exchange/uri.ts';
import { AddedLines, FieldEdits } from '#src/http/field-edits.ts';
import {
  F_EXPECT,
  F_HOST,
  F_VIA,
  F_X_FORWARDED_FOR,
  F_X_WEIR_EXPLAIN,
} from '#src/http/field-names.ts';
import { HOP_BY_HOP_IDS } from '#src/http/hop-by-hop.ts';
import { BODY_NONE, type RequestHead } from '#src/http/message.ts';
import { escapePath } from '#src/http/target.ts';
import type { Location, ProxyHandler } from '#src/routing/model.ts';
import type { ComplexValue } from '#src/schema/complex-value.ts';
import { isClean } from './clean-value.ts';
import type { ProxySettings } from './directives.ts';

/** Lines `Name: value␍␊`: bytes[0..at). Of the scratch, so they last until the next exchange. */
export interface Lines extends ByteBlock {
  readonly at: number;
}

interface SetField {
  readonly name: string;
  readonly value: ComplexValue<Exchange>;
}

export class RequestPlan {
  readonly edits: FieldEdits;
  /** 0 or 1: the version of HTTP the endpoint is spoken to in. */
  readonly minorVersion: number;
  readonly #fields: readonly SetField[];
  /** What `proxy_set_header Connection` says; '' by default: HTTP/1.1 keeps connections. */
  readonly #connection: ComplexValue<Exchange>;
  /** Our name in Via; '' sends none. */
  readonly #via: string;
  readonly #viaOfOne: string;
  /** Protocols that a client may change to, lower case. */
  readonly #upgrades: readonly string[];
  /** Without anything unusual the lines depend on the connection and the host alone. */
  readonly #isOfConnection: boolean;
  /** Length of the location's prefix that `uri` replaces. */
  readonly #prefixLength: number;
  readonly #uri: string | undefined;
  /** Variables in `proxy_pass` say where it goes. */
  readonly #isRunTime: boolean;

  constructor(location: Location, handler: ProxyHandler) {
    const { deadlineHeader, httpVersion, passRequestHeaders, upgrades } = location.proxy;
    const setHeaders = withDeadline(location.proxy.setHeaders, deadlineHeader);
    const setNames = setHeaders.map(([name]) => name.toLowerCase());
    this.#via = setNames.includes('via') ? '' : location.via;
    this.#viaOfOne = `1.1 ${this.#via}`;
    const dropped = [...HOP_BY_HOP_IDS, F_EXPECT, F_HOST, F_X_WEIR_EXPLAIN];
    if (this.#via !== '') dropped.push(F_VIA); // it goes on with our name behind it
    this.edits = new FieldEdits(dropped, setNames);
    if (!passRequestHeaders) this.edits.dropIds.fill(1);
    this.minorVersion = httpVersion === '1.0' ? 0 : 1;
    this.#isRunTime = handler.target !== undefined;
    const usualHost = this.#isRunTime ? PROXY_HOST : constant(handler.hostHeader);
    const host: SetField = { name: 'Host', value: usualHost };
    this.#fields = [
      ...(setNames.includes('host') ? [] : [host]),
      ...setHeaders.map(([name, value]) => ({ name, value })),
    ].filter(
      // An empty value removes the field. What concerns the connection is ours to write.
      ({ name, value }) => value.constant !== '' && !/^(?:connection|upgrade)$/i.test(name),
    );
    const set = setHeaders.find(([name]) => name.toLowerCase() === 'connection');
    this.#connection = set?.[1] ?? constant(this.minorVersion === 0 ? 'close' : '');
    this.#upgrades = this.minorVersion === 1 ? upgrades : []; // 1.0 has none
    this.#isOfConnection =
      this.#connection.constant !== undefined &&
      this.#fields.every(({ value }) => value.isOfConnection);
    this.#prefixLength = location.match.path.length;
    this.#uri = this.#isRunTime ? '' : handler.uri;
  }

  /**
   * The lines to put into the request. Most depend on the connection alone: made for its second
   * request, kept with it. Undefined: a value would split the head.
   */
  lines(exchange: Exchange): Lines | undefined {
    const facts = exchange.downstream?.facts;
    if (facts === undefined || !this.#isOfConnection || !isUsual(exchange)) {
      return this.#fill(exchange) ? scratch : undefined;
    }
    const { host } = exchange.request;
    for (let kept = facts.lines; kept !== undefined; kept = kept.next) {
      if (kept.maker === this && kept.host === host) return kept;
    }
    if (!this.#fill(exchange)) return undefined;
    // What is kept costs memory outside V8's heap: too much for a connection of one request.
    if (facts.exchangeCount <= 1) return scratch;
    if (facts.lines !== undefined && facts.lines.count >= MAX_KEPT_LINES) return scratch;
    facts.lines = new KeptLines(this, host, scratch, facts.lines);
    return facts.lines;
  }

  #fill(exchange: Exchange): boolean {
    scratch.clear();
    const fields = this.#fields;
    for (let at = 0; at < fields.length; at++) {
      const { name, value } = fields[at] as SetField;
      if (!addField(scratch, name, value, exchange)) return false;
    }
    const { request } = exchange;
    if (this.#via !== '') scratch.add('Via', this.#viaFor(request));
    if (this.wantsUpgrade(exchange)) {
      scratch.add('Connection', 'upgrade');
      scratch.add('Upgrade', request.upgrade);
      return true;
    }
    if (request.expectsContinue && this.minorVersion === 1 && request.framing !== BODY_NONE) {
      scratch.add('Expect', '100-continue');
    }
    if (exchange.keepsTrailers) {
      scratch.add('TE', 'trailers');
      scratch.add('Connection', 'TE');
    }
    if (this.#connection.constant === '') return true;
    return this.#addConnection(exchange, scratch);
  }

  /** The client asks for a protocol that this location lets it change to. */
  wantsUpgrade({ request }: Exchange): boolean {
    return request.upgrade !== '' && this.#upgrades.includes(request.upgrade.toLowerCase());
  }

  /** `proxy_set_header Connection`: "upgrade" without an upgrade would mean nothing. */
  #addConnection(exchange: Exchange, into: AddedLines): boolean {
    const text = this.#connection.constant ?? this.#connection.evaluate(exchange);
    if (/^(?:upgrade|keep-alive)?$/i.test(text)) return true;
    if (!isClean(text)) return false;
    into.add('Connection', text);
    return true;
  }

  /** RFC 9110 §7.6.3: one more hop, behind those before. */
  #viaFor({ fields, minorVersion }: RequestHead): string {
    if (minorVersion === 1 && fields.find(F_VIA) < 0) return this.#viaOfOne;
    const before = fields.joined('via', ', ');
    const own = `1.${minorVersion} ${this.#via}`;
    return before === undefined ? own : `${before}, ${own}`;
  }

  /** With a URI of proxy_pass for the prefix (semantics.md §2); undefined: it goes on as it came. */
  target(exchange: Exchange): string | undefined {
    const { ignoresPassUri, passTarget, request } = exchange;
    if (this.#uri === undefined) return undefined;
    if (this.#isRunTime) return passTarget; // as it is, whatever the path was
    if (ignoresPassUri) return undefined;
    const { originTarget, queryAt } = request;
    const decoded = request.path.substring(this.#prefixLength);
    const rest = isPlainPath(exchange) ? decoded : escapePath(decoded);
    // A "?" with nothing behind it is not passed on, as in nginx.
    const hasQuery = queryAt >= 0 && queryAt + 1 < originTarget.length;
    return `${this.#uri}${rest}${hasQuery ? originTarget.substring(queryAt) : ''}`;
  }
}

/** What is left of the time of an exchange goes in place of what its client wrote. */
function withDeadline(
  set: ProxySettings['setHeaders'],
  deadline: ProxySettings['deadlineHeader'],
): ProxySettings['setHeaders'] {
  if (deadline === 'off') return set;
  const lower = deadline.name.toLowerCase();
  if (set.some(([name]) => name.toLowerCase() === lower)) return set;
  return [...set, [deadline.name, deadline.remaining]];
}

/** Locations and hosts that one connection keeps lines of; further ones are made per request. */
const MAX_KEPT_LINES = 4;

/** Evaluated and encoded before the next exchange can need it: one per thread. */
const scratch = new AddedLines();

class KeptLines implements ConnectionLines {
  readonly maker: object;
  readonly host: string;
  readonly bytes: Buffer;
  readonly view: DataView;
  readonly at: number;

  readonly next: ConnectionLines | undefined;
  readonly count: number;

  constructor(maker: object, host: string, from: Lines, next: ConnectionLines | undefined) {
    this.maker = maker;
    this.host = host;
    this.bytes = Buffer.allocUnsafeSlow(from.at);
    this.view = new DataView(this.bytes.buffer);
    this.at = from.bytes.copy(this.bytes, 0, 0, from.at);
    this.next = next;
    this.count = next === undefined ? 1 : next.count + 1;
  }
}

/** Nothing in the request itself adds or changes a line. */
function isUsual({ keepsTrailers, request }: Exchange): boolean {
  const { fields } = request;
  return (
    request.minorVersion === 1 &&
    request.upgrade === '' &&
    !request.expectsContinue &&
    !keepsTrailers &&
    fields.countOf(F_X_FORWARDED_FOR) === 0 &&
    fields.countOf(F_VIA) === 0
  );
}

/** False: the value would split the head. */
function addField(
  into: AddedLines,
  name: string,
  value: ComplexValue<Exchange>,
  exchange: Exchange,
): boolean {
  const text = value.constant ?? value.evaluate(exchange);
  if (text === '') return true;
  if (value.constant === undefined && !isClean(text)) return false;
  into.add(name, text);
  return true;
}

/** `$proxy_host` as the variables of `proxy_pass` made it for the exchange. */
const PROXY_HOST: ComplexValue<Exchange> = {
  constant: undefined,
  isOfConnection: false,
  evaluate: ({ proxyHost }) => proxyHost,
};

function constant(text: string): ComplexValue<Exchange> {
  return { constant: text, isOfConnection: true, evaluate: () => text };
}
