import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ApiAnswer, jsonAnswer } from '#src/admin/api-answer.ts';
import type { ApiQuestion } from '#src/proxy/api-run.ts';
import { LocationApi } from './location-api.ts';

const GET: ApiQuestion = { method: 'GET', target: '/api/9/nginx', body: '', mayWrite: false };

function stage() {
  const sent: number[] = [];
  const given = { hasMaster: true };
  const api = new LocationApi({
    toMaster: (id) => given.hasMaster && sent.push(id) > 0,
    answerHere: async () => jsonAnswer('here'),
  });
  const told: ApiAnswer[] = [];
  const ask = (thread: number, question = GET) => {
    api.ask(thread, question, (answer) => told.push(answer));
  };
  const texts = () => told.map(({ body }) => body);
  return { api, ask, given, sent, texts, told };
}

test('each thread hears what it has asked, once', () => {
  const { api, ask, sent, texts } = stage();
  ask(0);
  ask(1);
  const [first = 0, second = 0] = sent;
  api.onAnswer(second, jsonAnswer('second'));
  api.onAnswer(first, jsonAnswer('first'));
  api.onAnswer(first, jsonAnswer('again'));
  assert.deepEqual(texts(), ['"second"', '"first"']);
});

test('who takes the place of a thread is not told what that one had asked', () => {
  const { api, ask, sent, texts } = stage();
  ask(0);
  ask(1);
  api.onThreadGone(0);
  for (const id of sent) api.onAnswer(id, jsonAnswer(id));
  assert.deepEqual(texts(), [`${sent[1]}`]);
});

test('without a master it answers itself, and changes nothing', async () => {
  const { api, ask, given, texts, told } = stage();
  ask(0);
  api.onMasterGone();
  assert.equal(told[0]?.status, 503);
  given.hasMaster = false;
  ask(0);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(texts()[1], '"here"');
  ask(0, { ...GET, method: 'POST', mayWrite: true });
  assert.equal(told[2]?.status, 503);
});
