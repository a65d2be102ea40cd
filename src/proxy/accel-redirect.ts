/**
 * Data path. `X-Accel-Redirect` in an endpoint's answer: another location of the same virtual server
 * answers in its place, with some of its fields. Only exchanges with that field come here.
 */

import { refuse } from '#src/exchange/answer.ts';
import type { ClientFacts, Downstream } from '#src/exchange/downstream.ts';
import type { Exchange } from '#src/exchange/exchange.ts';
import { F_CONTENT_TYPE, fieldIdOf } from '#src/http/field-names.ts';
import { MARK_DROP, MAX_FIELDS } from '#src/http/header-map.ts';
import { normalisePath } from '#src/http/target.ts';
import type { RoutedServer } from '#src/routing/router.ts';
import type { RedirectHome } from './error-pages.ts';

/** What nginx keeps of the answer (ngx_http_upstream_headers_in, those marked for redirects). */
const KEPT: ReadonlySet<string> = new Set([
  'accept-ranges',
  'cache-control',
  'content-disposition',
  'content-type',
  'expires',
  'set-cookie',
]);

/** nginx: such a path is not safe. Written with escapes it is the same. */
const PARENT = /(?:^|\/|%2f)(?:\.|%2e){2}(?:\/|%2f|$)/i;
/** From here on an answer of ours is a page about itself. */
const FIRST_PAGE_STATUS = 300;

export class AccelRedirect {
  readonly #home: RedirectHome;
  readonly #routed: RoutedServer;

  constructor(home: RedirectHome, routed: RoutedServer) {
    this.#home = home;
    this.#routed = routed;
  }

  /** `target` is what the field says; the endpoint is asked nothing more. */
  redirect(exchange: Exchange, target: string): void {
    const { downstream, response } = exchange;
    if (downstream !== undefined) new CarriedFields(exchange, downstream);
    response.reset();
    if (target.startsWith('@')) {
      if (this.#routed.named.has(target)) {
        this.#home.enterNamed(exchange, this.#routed, target);
      } else refuse(exchange, 'internal_error');
      return;
    }
    const queryAt = target.indexOf('?');
    const raw = queryAt < 0 ? target : target.substring(0, queryAt);
    const path = raw.startsWith('/') && !PARENT.test(raw) ? normalisePath(raw) : undefined;
    if (path === undefined) refuse(exchange, 'no_route');
    else {
      const query = queryAt < 0 ? '' : target.substring(queryAt + 1);
      this.#home.redirectTo(exchange, this.#routed, path, query);
    }
  }
}

/**
 * Stands before the client until the head of the answer goes there, which it adds to. One that stands
 * there already is replaced: an endpoint may lead to another one, which leads on.
 */
class CarriedFields implements Downstream {
  readonly #exchange: Exchange;
  readonly #client: Downstream;
  readonly #fields: (readonly [name: string, value: string])[] = [];

  constructor(exchange: Exchange, client: Downstream) {
    this.#exchange = exchange;
    const before = client instanceof CarriedFields ? client : undefined;
    this.#client = before === undefined ? client : before.#client;
    const { fields } = exchange.response;
    for (const field of before === undefined ? [] : before.#fields) {
      const isReplaced =
        fieldIdOf(field[0]) === F_CONTENT_TYPE && fields.countOf(F_CONTENT_TYPE) > 0;
      if (!isReplaced) this.#fields.push(field);
    }
    for (let index = 0; index < fields.count; index++) {
      const name = fields.nameAt(index);
      if (KEPT.has(name.toLowerCase())) this.#fields.push([name, fields.valueAt(index)]);
    }
    exchange.downstream = this;
  }

  get facts(): ClientFacts {
    return this.#client.facts;
  }

  startResponse(): void {
    const exchange = this.#exchange;
    if (exchange.downstream === this) exchange.downstream = this.#client;
    const { fields, status } = exchange.response;
    for (const [name, value] of this.#fields) {
      const id = fieldIdOf(name);
      if (id === F_CONTENT_TYPE && fields.countOf(id) > 0) {
        // An endpoint knows what it sends, and so does a page; a text of ours has no type of its own.
        if (exchange.handler !== undefined || status >= FIRST_PAGE_STATUS) continue;
        fields.mark(fields.find(id), MARK_DROP);
      }
      if (fields.count < MAX_FIELDS) fields.append(id, name, value);
    }
    this.#client.startResponse();
  }

  writeBody(bytes: Buffer, start: number, end: number, stable: boolean): void {
    this.#client.writeBody(bytes, start, end, stable);
  }

  endResponse(): void {
    this.#client.endResponse();
  }

  flush(): boolean {
    return this.#client.flush();
  }

  cut(): void {
    this.#client.cut();
  }

  holdRequestBody(): void {
    this.#client.holdRequestBody();
  }

  letGoRequestBody(): void {
    this.#client.letGoRequestBody();
  }

  sendInformational(): void {
    this.#client.sendInformational();
  }

  askForBody(): void {
    this.#client.askForBody();
  }
}
