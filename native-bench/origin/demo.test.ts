import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ROOT } from '#native-bench/measure/results.ts';
import { loadConfiguration } from '#src/config/read-configuration.ts';

describe('conf/weir.conf', () => {
  it('has no problem, and asks the three demo origins', async () => {
    const { problems, model } = await loadConfiguration({ file: join(ROOT, 'conf/weir.conf') });
    assert.deepEqual(problems, []);
    assert.deepEqual(
      model?.upstreams.flatMap(({ endpoints }) => endpoints.map(({ name }) => name)),
      ['127.0.0.1:9001', '127.0.0.1:9002', '127.0.0.1:9003'],
    );
    assert.deepEqual(model?.listens.map(({ key }) => key).sort(), [
      '0.0.0.0:8080',
      '127.0.0.1:8081',
    ]);
  });
});
