import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatAddress } from '#src/base/address.ts';
import { type EndpointConfig, USUAL_TRAITS } from '#src/upstream/endpoint/upstream-config.ts';
import { NAMED_SERVERS, SourceKeeper, type SourceNews, type TakenList } from './source-keeper.ts';

const PLACE = { file: 'test', line: 1, column: 1 };
const NOTHING: TakenList = { added: [], removed: [], left: 0, refused: '' };

function stage(source: string) {
  const news: SourceNews[] = [];
  const next = { taken: NOTHING };
  const keeper = new SourceKeeper(
    'app',
    source,
    { replace: () => next.taken, countOf: () => 1 },
    { say: () => undefined, tell: (one) => news.push(one) },
  );
  return { keeper, news, next };
}

const named = (...lasts: number[]): EndpointConfig[] =>
  lasts.map((last) => {
    const address = { kind: 'tcp', host: `10.0.0.${last}`, port: 80 } as const;
    const name = formatAddress(address);
    return { ...USUAL_TRAITS, address, name, server: name, place: PLACE };
  });

test('who comes and who goes is told one by one, up to a bound', () => {
  const { keeper, news, next } = stage('provider:file:/a');
  const many = Array.from({ length: NAMED_SERVERS + 5 }, (_, at) => `10.0.1.${at}:80`);
  next.taken = { ...NOTHING, added: many, removed: ['10.0.0.9:80'] };
  keeper.take(named(1));
  assert.equal(news.length, NAMED_SERVERS + 2);
  assert.deepEqual(
    [news[0], news.at(-2), news.at(-1)].map((one) => [one?.type, one?.endpoint, one?.detail]),
    [
      ['server_added', '10.0.1.0:80', 'provider:file:/a'],
      ['server_added', '', 'provider:file:/a: and 5 more'],
      ['server_removed', '10.0.0.9:80', 'provider:file:/a'],
    ],
  );
  assert.ok(news.every(({ reason, upstream }) => reason === 'provider' && upstream === 'app'));
});

test('a list that the roster refuses, and one that cannot be read, are different failures', () => {
  const { keeper, news, next } = stage('provider:http://a/');
  next.taken = { ...NOTHING, refused: 'for a test' };
  keeper.take(named(1));
  keeper.fail('its answer', 'the answer is 500');
  next.taken = NOTHING;
  keeper.take(named(2));
  keeper.recover('its answer');
  assert.deepEqual(
    news.map(({ type, reason }) => [type, reason]),
    [
      ['source_failed', 'list_refused'],
      ['source_failed', 'not_read'],
      ['source_recovered', 'list_refused'],
      ['source_recovered', 'not_read'],
    ],
  );
});
