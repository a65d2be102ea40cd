import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FAILURES, type FailureCode } from '#src/base/failure.ts';
import { VERSION } from '#src/base/version.ts';
import { fieldIdOf } from '#src/http/field-names.ts';
import { answer, answerStatus, refuse } from './answer.ts';
import type { Downstream } from './downstream.ts';
import { Exchange, NO_LIMITS } from './exchange.ts';

/** What a client would have got. */
class Client {
  body = '';
  ended = false;
  readonly exchange = new Exchange();

  constructor(accept?: string) {
    const { request } = this.exchange;
    request.method = 'GET';
    if (accept !== undefined) request.fields.append(fieldIdOf('accept'), 'Accept', accept);
    this.exchange.downstream = {
      facts: {
        remoteAddress: '203.0.113.7',
        remotePort: 5_000,
        localAddress: '192.0.2.1',
        localPort: 80,
        scheme: 'http',
        connectionSerial: 1,
        openedAtMs: 0,
        exchangeCount: 1,
        lines: undefined,
      },
      startResponse: () => undefined,
      writeBody: (bytes: Buffer, start: number, end: number) => {
        this.body += bytes.toString('latin1', start, end);
      },
      endResponse: () => {
        this.ended = true;
      },
      flush: () => true,
      cut: () => undefined,
      holdRequestBody: () => undefined,
      letGoRequestBody: () => undefined,
      sendInformational: () => undefined,
      askForBody: () => undefined,
    } as Partial<Downstream> as Downstream;
  }

  field(name: string): string | undefined {
    return this.exchange.response.fields.lookUp(name);
  }
}

const ANSWERED = (Object.keys(FAILURES) as FailureCode[]).filter((code) => {
  return FAILURES[code].status > 0;
});

describe('every failure that is answered', () => {
  for (const failure of ANSWERED) {
    const { status } = FAILURES[failure];

    test(`${failure}: HTML`, () => {
      const client = new Client();
      client.exchange.upstreamAddress = '10.1.2.3:8080';
      refuse(client.exchange, failure);
      const { response, requestId } = client.exchange;
      assert.equal(response.status, status);
      assert.equal(client.field('content-type'), 'text/html');
      assert.equal(client.field('vary'), 'Accept');
      assert.match(requestId, /^[0-9a-f]{32}$/);
      for (const part of [failure, requestId, `<title>${status}`, `weir/${VERSION}`]) {
        assert.ok(client.body.includes(part), `${part} in ${client.body}`);
      }
      assert.equal(client.body.includes('10.1.2.3'), false);
      assert.ok(client.ended);
    });

    test(`${failure}: JSON`, () => {
      const client = new Client('application/json');
      client.exchange.upstreamAddress = '10.1.2.3:8080';
      refuse(client.exchange, failure);
      const { response, requestId } = client.exchange;
      assert.equal(client.field('content-type'), 'application/json');
      assert.deepEqual(JSON.parse(client.body), {
        status,
        error: response.reason,
        reason: failure,
        request_id: requestId,
      });
    });
  }
});

test('server_tokens off hides the version', () => {
  const client = new Client();
  client.exchange.limits = { ...NO_LIMITS, serverTokens: 'off' };
  refuse(client.exchange, 'upstream_reset');
  assert.equal(client.body.includes(VERSION), false);
  assert.match(client.body, /weir/);
});

test('a head that could not be read is not asked what it accepts', () => {
  const client = new Client('application/json');
  client.exchange.request.method = '';
  refuse(client.exchange, 'field_value_malformed');
  assert.equal(client.field('content-type'), 'text/html');
});

test('several Accept fields are one list', () => {
  const client = new Client('text/html;q=0.5');
  client.exchange.request.fields.append(fieldIdOf('accept'), 'Accept', 'application/json');
  refuse(client.exchange, 'no_route');
  assert.equal(client.field('content-type'), 'application/json');
});

test('the page of a plain status is that of nginx, without reason or id', () => {
  const client = new Client();
  answerStatus(client.exchange, 403);
  assert.match(client.body, /^<html>\r\n<head><title>403 Forbidden<\/title><\/head>/);
  assert.equal(client.exchange.requestId, '');
});

test('a plain status as JSON has no reason', () => {
  const client = new Client('application/json');
  answerStatus(client.exchange, 403);
  const { requestId } = client.exchange;
  assert.deepEqual(JSON.parse(client.body), {
    status: 403,
    error: 'Forbidden',
    request_id: requestId,
  });
});

test('redirects and statuses without a body are not negotiated', () => {
  for (const [status, type] of [
    [301, 'text/html'],
    [204, undefined],
    [304, undefined],
  ] as const) {
    const client = new Client('application/json');
    answerStatus(client.exchange, status);
    assert.equal(client.field('content-type'), type);
    assert.equal(client.field('vary'), undefined);
    assert.equal(client.body === '', type === undefined);
  }
});

test('the status that an error page keeps, until the page fails itself', () => {
  const kept = new Client();
  kept.exchange.statusOverride = 502;
  answer(kept.exchange, 200, 'sorry', 'text/plain');
  assert.deepEqual(
    [kept.exchange.response.status, kept.exchange.response.reason],
    [502, 'Bad Gateway'],
  );
  const failed = new Client();
  failed.exchange.statusOverride = 502;
  refuse(failed.exchange, 'no_route');
  assert.equal(failed.exchange.response.status, 404);
});

test('a rescuer is asked first', () => {
  const client = new Client();
  const asked: number[] = [];
  client.exchange.rescuer = {
    covers: () => true,
    rescue: (_exchange, status) => asked.push(status) > 0 && status === 502,
  };
  refuse(client.exchange, 'upstream_reset');
  assert.equal(client.ended, false);
  assert.equal(client.exchange.reason, 'upstream_reset');
  refuse(client.exchange, 'no_route');
  assert.ok(client.ended);
  assert.deepEqual(asked, [502, 404]);
});
