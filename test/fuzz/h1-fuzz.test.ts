// Whatever comes, in whatever pieces: the same bytes mean the same, to us and to llhttp, and
// nothing throws. `npm run prove -- fuzz-h1` runs the same cases by the million.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FUZZ_SEED, forCases } from './cases.ts';
import { compare } from './compare.ts';
import { byteByByte, IN_ONE_PIECE } from './cuts.ts';
import { EXPLANATIONS, explain } from './differences.ts';
import { Driver, noCounts, type Outcome, USUAL } from './drive.ts';
import { H1Fuzz, reachableStates } from './h1-fuzz.ts';
import { parseWithLlhttp } from './llhttp.ts';
import type { Kind } from './mutations.ts';

const fuzz = new H1Fuzz(FUZZ_SEED);

test('any pieces of the same bytes mean the same, and to llhttp the same or we know why', () => {
  forCases(0.79, (_random, index) => fuzz.run(index));
  const { agreements, cases, differences } = fuzz.counts();
  assert.ok(agreements > cases / 5, `${agreements} messages in ${cases} cases`);
  assert.ok(Object.keys(differences).length > EXPLANATIONS.length - 5);
});

test('every state of both grammars was reached, and no other', () => {
  const { states } = fuzz.counts();
  assert.deepEqual(Object.keys(states).sort(), reachableStates().sort());
});

/** Every code that a decoder gives by itself. */
const REFUSALS =
  'chunk_extension_too_long chunk_malformed content_length_malformed content_length_repeated ' +
  'expectation_unknown field_folded field_name_malformed field_value_malformed framing_ambiguous ' +
  'host_malformed host_missing host_repeated line_end_malformed method_not_allowed ' +
  'request_field_count request_head_too_large request_line_malformed request_target_malformed ' +
  'request_target_too_long request_version_malformed request_version_unsupported ' +
  'trailer_too_large transfer_encoding_http10 transfer_encoding_malformed ' +
  'transfer_encoding_unknown upstream_protocol_error';

test('every way to refuse was met, and no other', () => {
  assert.deepEqual(Object.keys(fuzz.counts().failures).sort(), REFUSALS.split(' '));
});

function read(kind: Kind, text: string, cuts = IN_ONE_PIECE): Outcome {
  return new Driver(kind, noCounts()).run(Buffer.from(text, 'latin1'), cuts, USUAL);
}

/** The difference between what we make of one text and llhttp of another. */
function between(kind: Kind, ours: string, theirs: string) {
  const parsed = parseWithLlhttp(Buffer.from(theirs, 'latin1'), kind);
  return compare({ kind, keepsUnderscores: false }, ours, read(kind, ours), parsed);
}

const HEAD = 'POST /a HTTP/1.1\r\nHost: a\r\n';
const OTHERS: Readonly<Record<string, [ours: string, theirs: string]>> = {
  'a byte of the body': [`${HEAD}Content-Length: 1\r\n\r\nx`, `${HEAD}Content-Length: 1\r\n\r\ny`],
  'the length of the body': [
    `${HEAD}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET`,
    `${HEAD}Transfer-Encoding: chunked\r\n\r\n3\r\nGET\r\n0\r\n\r\n`,
  ],
  'a field': [`${HEAD}A: b\r\n\r\n`, `${HEAD}A: c\r\n\r\n`],
  'a field more': [`${HEAD}A: b\r\n\r\n`, `${HEAD}\r\n`],
  'the target': [`${HEAD}\r\n`, `${HEAD.replace('/a', '/b')}\r\n`],
  'a trailer': [
    `${HEAD}Transfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n\r\n`,
    `${HEAD}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  ],
  'whether it goes on': [`${HEAD}\r\n`, `${HEAD}Connection: close\r\n\r\n`],
  'where the first one ends': [`${HEAD}\r\n`, `${HEAD}Content-Length: 9\r\n\r\n`],
  'whether it is taken': [`${HEAD}X Y: z\r\n\r\n`, `${HEAD}X: z\r\n\r\n`],
};

for (const [what, [ours, theirs]] of Object.entries(OTHERS)) {
  test(`two readers that differ about ${what} are found, and nothing explains them`, () => {
    const found = between('request', ours, theirs);
    assert.ok(typeof found === 'object', 'no difference');
    assert.equal(explain(found), undefined);
    assert.equal(typeof between('request', theirs, theirs), 'number');
  });
}

test('what was read in pieces says everything that the whole said', () => {
  const text = `${HEAD}Transfer-Encoding: chunked\r\nx_y: 1\r\n\r\n2\r\nab\r\n0\r\nA:b\r\n\r\n${HEAD}\r\nX`;
  const whole = read('request', text);
  assert.deepEqual(whole, read('request', text, byteByByte(text.length)));
  const [first, second] = whole.messages;
  assert.deepEqual(
    [first?.body, first?.trailers, first?.details],
    ['ab', 'A: b\r\n', '1.0 4.0 0.2 '],
  );
  assert.equal(second?.start, text.indexOf('POST', 1));
  assert.deepEqual([whole.messages.length, whole.messageStart], [2, text.length - 1]);
});
