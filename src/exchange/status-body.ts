/**
 * Data path. What a client reads when we answer with a status: HTML for people, JSON for programs
 * that ask for it. Says what happened by the code of src/base/failure.ts and nothing about our
 * inside: no addresses, no names of endpoints (features.md HR-18, SEC-02).
 */

import type { FailureCode } from '#src/base/failure.ts';
import { PRODUCT, VERSION } from '#src/base/version.ts';
import { prefersJson } from '#src/http/accept.ts';
import { fieldId } from '#src/http/field-names.ts';
import { reasonPhrase } from '#src/http/status.ts';
import type { Exchange } from './exchange.ts';
import { requestIdOf } from './request-id.ts';

/** A page and its media type; '' and '' for a status without a body. */
export interface StatusBody {
  readonly body: string;
  readonly contentType: string;
}

const F_ACCEPT = fieldId('accept');
const NOTHING: StatusBody = { body: '', contentType: '' };

/** Statuses below 400 that clients may be told in words. */
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** As in nginx, what is neither an error nor a redirect is sent without a body. */
export function hasPage(status: number): boolean {
  return status >= 400 || REDIRECTS.has(status);
}

/** The page of a status. `failure` is '' when nothing failed: `return`, redirects. */
export function statusBody(
  exchange: Exchange,
  status: number,
  failure: FailureCode | '',
): StatusBody {
  // As in nginx, a status that nobody has given a name has no page, either.
  if (!hasPage(status) || (failure === '' && reasonPhrase(status) === '')) return NOTHING;
  if (status >= 400 && wantsJson(exchange)) {
    return { body: jsonPage(exchange, status, failure), contentType: 'application/json' };
  }
  const showsVersion = exchange.limits.serverTokens !== 'off';
  const product = showsVersion ? `${PRODUCT}/${VERSION}` : PRODUCT;
  const body =
    failure === ''
      ? plainPage(status, product)
      : failurePage(status, failure, requestIdOf(exchange), product);
  return { body, contentType: 'text/html' };
}

/** A head that could not be read has no fields to ask; its method is '' then. */
function wantsJson({ request: { fields, method } }: Exchange): boolean {
  const count = fields.countOf(F_ACCEPT);
  if (count === 0 || method === '') return false;
  return prefersJson(count === 1 ? fields.get(F_ACCEPT) : fields.joined('accept', ', '));
}

function titleOf(status: number): string {
  return `${status} ${reasonPhrase(status)}`.trimEnd(); // 499 has none
}

function jsonPage(exchange: Exchange, status: number, failure: FailureCode | ''): string {
  const reason = failure === '' ? '' : `"reason":"${failure}",`;
  const id = requestIdOf(exchange);
  return `{"status":${status},"error":"${reasonPhrase(status)}",${reason}"request_id":"${id}"}\n`;
}

/** The page that nginx has: the status, and who says so. */
function plainPage(status: number, product: string): string {
  const title = titleOf(status);
  return (
    `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n` +
    `<center><h1>${title}</h1></center>\r\n<hr><center>${product}</center>\r\n</body>\r\n</html>\r\n`
  );
}

const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:36em;margin:15vh auto;padding:0 1em;color:#333}' +
  'h1{font-weight:500}footer{margin-top:2em;border-top:1px solid #ccc;color:#888}' +
  '@media(prefers-color-scheme:dark){body{background:#1b1b1b;color:#ddd}}';

/** What an operator needs to find the request in the logs can be read to them by the client. */
function failurePage(status: number, failure: FailureCode, id: string, product: string): string {
  const title = titleOf(status);
  return (
    `<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>${title}</title>\n` +
    `<style>${STYLE}</style></head>\n<body>\n<h1>${title}</h1>\n` +
    `<p>Reason: <code>${failure}</code><br>Request: <code>${id}</code></p>\n` +
    `<footer>${product}</footer>\n</body>\n</html>\n`
  );
}
