// Every MUST and MUST NOT of RFC 9112 and RFC 9110 that concerns who passes messages on, in our words,
// with the wire cases that show it or the reason why none does; and the rows of features.md that the
// wire shows. requirements.test.ts keeps both sides in step: a case names what it shows, and what it
// shows names the case.

import { FEATURES_OF_EXCHANGES } from '#test/conformance/requirements/features-of-exchanges.ts';
import { FEATURES_OF_HTTP1 } from '#test/conformance/requirements/features-of-http1.ts';
import type { Requirement } from '#test/conformance/requirements/requirement.ts';
import { RFC_9110_FORWARDING } from '#test/conformance/requirements/rfc9110-forwarding.ts';
import { RFC_9110_MEANING } from '#test/conformance/requirements/rfc9110-meaning.ts';
import { RFC_9110_MESSAGES } from '#test/conformance/requirements/rfc9110-messages.ts';
import { RFC_9112_BODIES } from '#test/conformance/requirements/rfc9112-bodies.ts';
import { RFC_9112_CONNECTIONS } from '#test/conformance/requirements/rfc9112-connections.ts';
import { RFC_9112_HEADS } from '#test/conformance/requirements/rfc9112-heads.ts';

export const REQUIREMENTS: readonly Requirement[] = [
  ...RFC_9112_HEADS,
  ...RFC_9112_BODIES,
  ...RFC_9112_CONNECTIONS,
  ...RFC_9110_MESSAGES,
  ...RFC_9110_FORWARDING,
  ...RFC_9110_MEANING,
  ...FEATURES_OF_HTTP1,
  ...FEATURES_OF_EXCHANGES,
];
