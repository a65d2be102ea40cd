import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ApiRequest, jsonAnswer } from '#src/admin/api-answer.ts';
import { ApiDesk } from './api-desk.ts';

const GET: ApiRequest = { method: 'GET', target: '/api/', body: '', mayWrite: true };
const POST: ApiRequest = { ...GET, method: 'POST' };

function make(serves = true) {
  const sent: { id: number; method: string }[] = [];
  const desk = new ApiDesk({
    sendApi: (id, { method }) => {
      if (serves) sent.push({ id, method });
      return serves;
    },
  });
  return { desk, sent };
}

describe('the desk of the API', () => {
  it('brings each its answer', async () => {
    const { desk, sent } = make();
    const [first, second] = [desk.ask(GET), desk.ask(POST)];
    desk.onAnswer(sent[1]?.id ?? 0, jsonAnswer('second'));
    desk.onAnswer(sent[0]?.id ?? 0, jsonAnswer('first'));
    assert.deepEqual([(await first).body, (await second).body], ['"first"', '"second"']);
  });

  it('lets changes wait for the next generation, and who only looks not', async () => {
    const { desk, sent } = make();
    await desk.hold();
    const changed = desk.ask(POST);
    void desk.ask(GET);
    assert.deepEqual(
      sent.map(({ method }) => method),
      ['GET'],
    );
    desk.release();
    assert.deepEqual(
      sent.map(({ method }) => method),
      ['GET', 'POST'],
    );
    desk.onAnswer(sent[1]?.id ?? 0, jsonAnswer('done'));
    assert.equal((await changed).status, 200);
  });

  it('begins to hold when changes that are on their way are done', async () => {
    const { desk, sent } = make();
    void desk.ask(POST);
    let isHeld = false;
    const held = desk.hold().then(() => {
      isHeld = true;
    });
    await Promise.resolve();
    assert.equal(isHeld, false);
    desk.onAnswer(sent[0]?.id ?? 0, jsonAnswer('done'));
    await held;
    assert.equal(isHeld, true);
  });

  it('says so when nobody is there, or nobody any more', async () => {
    assert.equal((await make(false).desk.ask(GET)).status, 503);
    const { desk } = make();
    const asked = desk.ask(POST);
    const held = desk.hold();
    desk.onGone();
    await held;
    assert.match((await asked).body, /"code":"Unavailable"/);
  });

  it('refuses what comes beside too many', async () => {
    const { desk } = make();
    for (let count = 0; count < 256; count++) void desk.ask(GET);
    assert.equal((await desk.ask(GET)).status, 503);
  });
});
