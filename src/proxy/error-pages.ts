/**
 * Data path. `error_page` of one location: what becomes of an exchange that would be answered with
 * one of these statuses. It is asked for before anything is answered, and sends the exchange on.
 */

import { answerPlainly, CHALLENGE } from '#src/exchange/answer.ts';
import { type Exchange, RESPONSE_NONE, type Rescuer } from '#src/exchange/exchange.ts';
import { hasControlByte } from '#src/http/target.ts';
import type { ErrorPage, ErrorPages } from '#src/routing/model.ts';
import type { RoutedServer } from '#src/routing/router.ts';

/** Where an exchange goes on within its virtual server. */
export interface RedirectHome {
  /** To the location that takes that path. `target` is `/path` or `/path?query`, not encoded. */
  redirect(exchange: Exchange, routed: RoutedServer, target: string): void;
  /** The same, with what was read of it already: `path` is normalised, `query` as it came. */
  redirectTo(exchange: Exchange, routed: RoutedServer, path: string, query: string): void;
  /** To a named location, which the configuration was checked to have. */
  enterNamed(exchange: Exchange, routed: RoutedServer, name: string): void;
}

/** Of an exchange that has come to an error page, with `recursive_error_pages off`. */
export const NO_MORE_PAGES: Rescuer = { covers: () => false, rescue: () => false };

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const FOUND = 302;
const UNAUTHORIZED = 401;

export class ErrorPageRescuer implements Rescuer {
  readonly #home: RedirectHome;
  readonly #routed: RoutedServer;
  readonly #byStatus: ReadonlyMap<number, ErrorPage>;
  readonly #isRecursive: boolean;

  constructor(
    home: RedirectHome,
    routed: RoutedServer,
    byStatus: ReadonlyMap<number, ErrorPage>,
    { isRecursive }: ErrorPages,
  ) {
    this.#home = home;
    this.#routed = routed;
    this.#byStatus = byStatus;
    this.#isRecursive = isRecursive;
  }

  covers(exchange: Exchange, status: number): boolean {
    const page = this.#byStatus.get(status);
    if (page === undefined || exchange.responseState !== RESPONSE_NONE) return false;
    return page.kind !== 'named' || isBodyWhole(exchange);
  }

  rescue(exchange: Exchange, status: number): boolean {
    const page = this.#byStatus.get(status);
    if (page === undefined || !this.covers(exchange, status)) return false;
    const target = page.target.constant ?? page.target.evaluate(exchange);
    const { response } = exchange;
    if (status === UNAUTHORIZED) exchange.challenge = response.fields.joined(CHALLENGE, ', ') ?? '';
    response.reset();
    if (!this.#isRecursive) exchange.rescuer = NO_MORE_PAGES;
    if (target.startsWith('/')) {
      exchange.statusOverride = statusOf(page, status);
      this.#home.redirect(exchange, this.#routed, target);
    } else if (page.kind === 'named') {
      exchange.statusOverride = statusOf(page, status);
      this.#home.enterNamed(exchange, this.#routed, target);
    } else redirectClient(exchange, page, status, target);
    return true;
  }
}

/** The status to send in the end; 0 leaves it to what answers. */
function statusOf({ response }: ErrorPage, status: number): number {
  if (response === 'own') return 0;
  return response === 'original' ? status : response;
}

/** `http://…`: what a variable gave must be an address that cannot split the head (H1-14). */
function redirectClient(
  exchange: Exchange,
  { response }: ErrorPage,
  status: number,
  target: string,
): void {
  if (target === '' || hasControlByte(target)) answerPlainly(exchange, status);
  else {
    const isRedirect = typeof response === 'number' && REDIRECTS.has(response);
    answerPlainly(exchange, isRedirect ? response : FOUND, [['Location', target]]);
  }
}

/**
 * A named location gets the request with its body: that must not have been given away already. A
 * body that broke off or is too large goes nowhere, and nobody expects it to.
 */
function isBodyWhole({ closeAfter, dropsBody, requestBodyBytes, requestStore }: Exchange): boolean {
  return requestBodyBytes === 0 || closeAfter || dropsBody || requestStore !== undefined;
}
