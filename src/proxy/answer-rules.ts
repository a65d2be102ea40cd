/**
 * Data path. What a location changes in the head of an endpoint's answer. Compiled when the
 * configuration loads; a field that is not there costs one look.
 */

import type { Exchange } from '#src/exchange/exchange.ts';
import { FieldEdits, HIDDEN_IDS, MARK_PASSED } from '#src/http/field-edits.ts';
import {
  F_DATE,
  F_LOCATION,
  F_REFRESH,
  F_SERVER,
  F_SET_COOKIE,
  fieldIdOf,
} from '#src/http/field-names.ts';
import { type HeaderMap, MARK_DROP, MAX_FIELDS } from '#src/http/header-map.ts';
import type { Location } from '#src/routing/model.ts';
import { absolute } from './absolute-url.ts';
import { isClean } from './clean-value.ts';
import { type CookieRules, cookieRules } from './cookie-rules.ts';
import { rewritePrefix } from './rewriting.ts';
import type { Rewrite } from './rewriting-arguments.ts';

const URL_OF_REFRESH = /url=/i;

export class AnswerRules {
  readonly #redirects: readonly Rewrite[];
  readonly #cookies: CookieRules | undefined;
  readonly #hidden: FieldEdits | undefined;
  /** Ids of fields that go on although they are hidden otherwise. */
  readonly #passedIds: readonly number[];

  constructor({ proxy, redirects }: Location) {
    this.#redirects = redirects;
    this.#cookies = cookieRules(proxy);
    const passed = new Set(proxy.passedFields);
    const hidden = proxy.hiddenFields.filter((name) => !passed.has(name));
    this.#hidden = hidden.length === 0 ? undefined : new FieldEdits([], hidden);
    this.#passedIds = [...passed].map(fieldIdOf).filter((id) => HIDDEN_IDS.includes(id));
  }

  /** Before the head goes to the client. */
  apply(exchange: Exchange): void {
    const { fields } = exchange.response;
    if (this.#redirects.length > 0) {
      if (fields.countOf(F_LOCATION) > 0) this.#rewriteLocation(exchange, fields);
      if (fields.countOf(F_REFRESH) > 0) this.#rewriteRefresh(exchange, fields);
    }
    if (this.#cookies !== undefined && fields.countOf(F_SET_COOKIE) > 0) {
      this.#cookies.apply(exchange);
    }
    if (this.#hidden !== undefined) hide(fields, this.#hidden);
    if (this.#passedIds.length > 0) pass(fields, this.#passedIds);
  }

  /** A path that results becomes a URL of ours; what came as a path and fits nothing stays one. */
  #rewriteLocation(exchange: Exchange, fields: HeaderMap): void {
    for (let index = fields.find(F_LOCATION); index < fields.count; index++) {
      if (fields.idAt(index) !== F_LOCATION) continue;
      const rewritten = rewritePrefix(exchange, fields.valueAt(index), this.#redirects);
      if (rewritten === undefined || !isClean(rewritten)) continue;
      fields.setValue(index, absolute(exchange, rewritten));
    }
  }

  /** `5; url=http://…`. */
  #rewriteRefresh(exchange: Exchange, fields: HeaderMap): void {
    for (let index = fields.find(F_REFRESH); index < fields.count; index++) {
      if (fields.idAt(index) !== F_REFRESH) continue;
      const value = fields.valueAt(index);
      const found = URL_OF_REFRESH.exec(value);
      if (found === null) continue;
      const urlAt = found.index + found[0].length;
      const rewritten = rewritePrefix(exchange, value.substring(urlAt), this.#redirects);
      if (rewritten === undefined || !isClean(rewritten)) continue;
      fields.setValue(index, `${value.substring(0, urlAt)}${rewritten}`);
    }
  }
}

function hide(fields: HeaderMap, hidden: FieldEdits): void {
  for (let index = 0; index < fields.count; index++) {
    if (!hidden.keeps(fields, index)) fields.mark(index, MARK_DROP);
  }
}

function pass(fields: HeaderMap, ids: readonly number[]): void {
  for (let index = 0; index < fields.count; index++) {
    if (ids.includes(fields.idAt(index))) fields.mark(index, MARK_PASSED);
  }
  for (const id of ids) {
    if ((id !== F_SERVER && id !== F_DATE) || fields.countOf(id) > 0) continue;
    // nginx: ours stands in neither case. One that is not sent says so.
    if (fields.count === MAX_FIELDS) return;
    fields.append(id, '-', '');
    fields.mark(fields.count - 1, MARK_PASSED | MARK_DROP);
  }
}
