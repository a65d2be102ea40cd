// proxy_pass_request_body and named locations: each location decides for itself what its origin gets.

import assert from 'node:assert/strict';
import { ok } from '#test/support/raw-origin.ts';
import { onBothTiers, setStage } from '#test/support/stage.ts';

const POST = 'POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello';

onBothTiers('a request body', (it) => {
  for (const [first, second, bodies] of [
    ['on', 'off', ['hello', '']],
    ['off', 'on', ['', 'hello']],
    ['off', 'off', ['', '']],
  ] as const) {
    it(`passed ${first} by a location, ${second} by its error page`, async (t, tier) => {
      const stage = await setStage(t, tier, {
        conf: (origin, other) => `
          proxy_intercept_errors on;
          server {
            listen 127.0.0.1:1;
            location / {
              proxy_pass http://127.0.0.1:${origin};
              proxy_pass_request_body ${first};
              error_page 503 = @other;
            }
            location @other {
              proxy_pass http://127.0.0.1:${other};
              proxy_pass_request_body ${second};
            }
          }`,
        scripts: [
          { onRequest: () => 'HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n' },
          { onRequest: () => ok('other') },
        ],
      });
      const client = await stage.client(POST.repeat(2));
      for (let count = 0; count < 2; count++) {
        assert.equal((await client.response()).body.toString(), 'other');
      }
      for (const [index, origin] of stage.origins.entries()) {
        const body = bodies[index];
        for (const request of origin.requests) {
          assert.equal(request.body.toString(), body);
          assert.deepEqual(request.fields.get('content-length'), [String(body?.length)]);
        }
        assert.equal(origin.requests.length, 2);
      }
    });
  }
});
