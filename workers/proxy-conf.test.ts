import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findDoubts } from '#src/config/doubts/index.ts';
import { loadConfiguration } from '#src/config/read-configuration.ts';
import { isHostName, listenAddress, proxyConf, readEndpoint } from './proxy-conf.ts';

test('endpoints may be written in many ways', () => {
  for (const [text, address] of [
    [':3000', '127.0.0.1:3000'],
    ['3000', '127.0.0.1:3000'],
    ['app:3000', 'app:3000'],
    ['http://app', 'app:80'],
    ['HTTP://app.test:81/', 'app.test:81'],
    ['10.0.0.1', '10.0.0.1:80'],
    ['[::1]:3000', '[::1]:3000'],
    ['http://[::1]', '[::1]:80'],
    ['unix:/run/app.sock', 'unix:/run/app.sock'],
  ] as const) {
    assert.deepEqual(readEndpoint(text), { address }, text);
  }
});

test('what is no endpoint is told why; nothing gets out of the line it is for', () => {
  for (const [text, why] of [
    ['https://app', /https towards endpoints is not built yet/],
    ['http://app/path', /leave the path out/],
    ['http://u:p@app', /a host and a port/],
    [':0', /a port is a number from 1 to 65535/],
    ['app:http', /a port is a number/],
    ['', /it is empty|a port is/],
    ['a;b:1', /write :3000 or host:3000/],
    ['a b:1', /write :3000/],
    ['unix:run/app.sock', /write unix:\/path/],
    ['unix:/a;b', /write unix:\/path/],
  ] as const) {
    const found = readEndpoint(text);
    assert.ok('problem' in found, text);
    assert.match(found.problem, why);
  }
  for (const name of ['a b', 'a;b', '$a', '~.', '', 'a"']) assert.ok(!isHostName(name), name);
  assert.ok(isHostName('www.example.org') && isHostName('*.example.org'));
});

test('addresses to listen on', () => {
  assert.equal(listenAddress('127.0.0.1'), '127.0.0.1');
  assert.equal(listenAddress('localhost'), 'localhost');
  assert.equal(listenAddress('::1'), '[::1]');
  assert.equal(listenAddress('[::]'), '[::]');
  assert.equal(listenAddress('1.2.3.4; x'), undefined);
});

test('the configuration is a good one', async () => {
  const endpoints = ['127.0.0.1:3000', 'unix:/run/app.sock'];
  for (const wishes of [
    { endpoints, port: 8080, address: undefined, host: undefined },
    { endpoints, port: 8080, address: '[::1]', host: 'a.test' },
  ]) {
    const given = { file: '/dev/null', globals: proxyConf(wishes) };
    const { model, problems } = await loadConfiguration(given, findDoubts);
    assert.deepEqual(problems, []);
    assert.equal(model?.upstreams[0]?.endpoints.length, 2);
    assert.equal(model?.servers.length, wishes.host === undefined ? 1 : 2);
  }
});
