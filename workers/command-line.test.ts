import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CommandLine, parseCommandLine } from './command-line.ts';

function parsed(...args: string[]): CommandLine {
  const line = parseCommandLine(args);
  assert.ok(typeof line !== 'string', String(line));
  return line;
}

test('options may be joined, and a value may follow its letter', () => {
  const line = parsed('-tqcsite.conf', '-p', '/srv', '-g', 'daemon off;');
  assert.equal(line.action, 'check');
  assert.equal(line.quiet, true);
  assert.equal(line.configFile, 'site.conf');
  assert.equal(line.prefix, '/srv');
  assert.equal(line.globals, 'daemon off;');
});

test('one action wins: help, version, check, signal, run', () => {
  assert.equal(parsed().action, 'run');
  assert.equal(parsed('-s', 'reload').action, 'signal');
  assert.equal(parsed('-s', 'reload').signal, 'reload');
  assert.equal(parsed('-sstop', '-t').action, 'check');
  assert.equal(parsed('-T').action, 'dump');
  assert.equal(parsed('-tV').action, 'build');
  assert.equal(parsed('-v').action, 'version');
  assert.equal(parsed('--version').action, 'version');
  assert.equal(parsed('-?').action, 'help');
  assert.equal(parsed('--help').action, 'help');
});

test('what is wrong is said in one line, in the words of nginx', () => {
  assert.match(String(parseCommandLine(['-z'])), /^invalid option: "z"/);
  assert.match(String(parseCommandLine(['start'])), /^invalid option: "start"/);
  assert.match(String(parseCommandLine(['--test'])), /^invalid option: "--test"/);
  assert.match(String(parseCommandLine(['-s', 'halt'])), /^invalid option: "-s halt"/);
  assert.equal(parseCommandLine(['-c']), 'option "-c" requires file name');
  assert.equal(parseCommandLine(['-tp']), 'option "-p" requires directory name');
  assert.equal(parseCommandLine(['-g', '']), 'option "-g" requires parameter');
});
