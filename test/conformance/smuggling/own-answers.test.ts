// Response splitting by what we write ourselves (H1-14): line ends that a client put into a path, a
// query or a field never reach a line of an answer, nor of a request to the origin.

import assert from 'node:assert/strict';
import { ok } from '#test/support/raw-origin.ts';
import { onBothTiers, setStage } from '#test/support/stage.ts';
import { head } from './case.ts';

const LOCATIONS = `
  location /moved/ { return 301 http://a.test$uri; }
  location /args/ { return 302 http://a.test/?$args; }
  location /text/ { return 200 "$uri $http_x"; }
  location /field/ { proxy_pass http://origins; proxy_set_header X-Uri $uri; }
  location /query/ { proxy_pass http://origins; proxy_set_header X-Args $args; }
  location /rewritten/ { proxy_pass http://origins/new/; }`;

const SPLITS = [
  '%0d%0aSet-Cookie:x=y',
  '%0D%0A%0D%0AHTTP/1.1%20200%20OK',
  '%0aX:y',
  '%0dX:y',
  '%250d%250aX:y',
  '%E5%98%8A%E5%98%8DX:y',
  '%c0%8d%c0%8aX:y',
  '\\r\\nX:y',
  '%00',
];

onBothTiers('a line end of the client in', (it) => {
  for (const place of ['moved', 'args', 'text', 'field', 'query', 'rewritten']) {
    it(`/${place}/ splits nothing`, async (t, tier) => {
      const stage = await setStage(t, tier, {
        scripts: [{ onRequest: () => ok() }],
        conf: (port) =>
          `upstream origins { server 127.0.0.1:${port}; }
           server { listen 127.0.0.1:1; ${LOCATIONS} }`,
      });
      for (const split of SPLITS) {
        const target = place === 'args' || place === 'query' ? `?${split}` : split;
        const client = await stage.client(
          head(`GET /${place}/${target} HTTP/1.1`, 'Host: a.test', `X: ${split}`),
        );
        const { lines } = await client.response();
        const added = lines.slice(1).filter((line) => /^(set-cookie|x|http)/i.test(line));
        assert.deepEqual(added, [], `${split}: ${lines.join('\n')}`);
        assert.equal(client.rest, '', split);
      }
      for (const { lines } of stage.origin.requests) {
        const added = lines.filter((line) => /^(set-cookie: ?x|x: ?y)/i.test(line));
        assert.deepEqual(added, [], lines.join('\n'));
      }
    });
  }
});
