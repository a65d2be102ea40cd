import assert from 'node:assert/strict';
import { accessSync, constants } from 'node:fs';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { systemTempDirectory } from '#src/spool/temp-path-argument.ts';
import { build, buildWell } from '#test/support/configuration.ts';

test('temporary files are on the disk of the system unless the configuration says where', () => {
  const model = buildWell('http { server { location / { proxy_temp_path auto; } } }');
  const [location] = model.servers[0]?.locations ?? [];
  assert.equal(location?.client.bodyTempPath, systemTempDirectory());
  assert.equal(location?.proxy.tempPath, systemTempDirectory());
  assert.deepEqual(model.tempDirectories, []);
  assert.ok(['/var/tmp', tmpdir()].includes(systemTempDirectory()));
  accessSync(systemTempDirectory(), constants.W_OK | constants.X_OK);
});

test('directories for temporary files are inherited, absolute, and listed once', () => {
  const model = buildWell(`http {
    client_body_temp_path body 1 2 3;
    proxy_temp_path /var/spool/weir 2;
    server {
      location /a { proxy_temp_path body; }
      location /b { client_body_temp_path own/; }
    }
  }`);
  const locations = model.servers[0]?.locations ?? [];
  assert.deepEqual(
    locations.map(({ client, proxy }) => [client.bodyTempPath, proxy.tempPath]),
    [
      ['/p/body', '/p/body'],
      ['/p/own', '/var/spool/weir'],
    ],
  );
  assert.deepEqual([...model.tempDirectories].sort(), ['/p/body', '/p/own', '/var/spool/weir']);
});

test('what is no path, and what is no level, is refused', () => {
  const problemsOf = (text: string) => build(`http { server { ${text} } }`).problems.join('\n');
  assert.match(problemsOf('proxy_temp_path /a 0;'), /invalid number "0" in "proxy_temp_path"/);
  assert.match(problemsOf('client_body_temp_path /a 1 x;'), /invalid number "x"/);
  assert.match(problemsOf('client_body_temp_path "";'), /invalid path ""/);
  assert.match(problemsOf('proxy_temp_path /a 1 1 1 1;'), /invalid number of arguments/);
});
