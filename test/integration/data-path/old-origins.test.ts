// Origins that are spoken to in HTTP/1.0: what they cannot understand is not sent.

import assert from 'node:assert/strict';
import { ok } from '#test/support/raw-origin.ts';
import { onBothTiers, setStage } from '#test/support/stage.ts';

onBothTiers('an origin of HTTP/1.0', (it) => {
  for (const requestBuffering of ['on', 'off']) {
    it(`gets no chunks, not even for trailers (buffering ${requestBuffering})`, async (t, tier) => {
      const stage = await setStage(t, tier, {
        scripts: [{ onRequest: () => ok('got it') }],
        location: `proxy_http_version 1.0; proxy_pass_trailers on;
          proxy_request_buffering ${requestBuffering};`,
      });
      const client = await stage.client(
        'POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n' +
          '3\r\nabc\r\n0\r\nX-Checksum: 1\r\n\r\n',
      );
      assert.equal((await client.response()).status, 200);
      const { line, body, fields } = await stage.origin.request(0);
      assert.equal(line, 'POST / HTTP/1.0');
      assert.equal(body.toString(), 'abc');
      assert.deepEqual(fields.get('content-length'), ['3']);
      assert.equal(fields.get('transfer-encoding'), undefined);
      assert.equal(fields.get('te'), undefined);
    });
  }
});
