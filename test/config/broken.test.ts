/**
 * Named broken configurations: what each is told, with line and column. FOLDER in a message stands
 * for the folder of the files.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { loadConfiguration } from '#src/config/read-configuration.ts';

const FOLDER = join(import.meta.dirname, 'broken');

/** Each file has one mistake, and is told that one and no other. */
const BROKEN: readonly (readonly [name: string, line: number, column: number, message: string])[] =
  [
    ['unknown-directive', 6, 7, 'unknown directive "proxy_passs", did you mean "proxy_pass"?'],
    ['unknown-block', 3, 3, 'unknown directive "serverr", did you mean "server"?'],
    ['unknown-without-a-guess', 3, 3, 'unknown directive "make_it_fast"'],
    [
      'missing-semicolon-before-brace',
      7,
      5,
      'unexpected "}", a ";" is missing after "http://127.0.0.1:9000" in line 6',
    ],
    [
      'missing-semicolon-before-directive',
      5,
      26,
      'directive "client_max_body_size" is not terminated by ";", a ";" is missing after "10m"',
    ],
    [
      'missing-semicolon-between-arguments',
      5,
      23,
      'invalid number of arguments in "keepalive_timeout" directive, a ";" is missing after "10s"',
    ],
    [
      'missing-semicolon-taken-for-names',
      5,
      17,
      '"send_timeout" begins a line but is read as an argument of "server_name", a ";" is missing after "a.test"',
    ],
    [
      'missing-closing-brace',
      6,
      1,
      'unexpected end of file, expecting "}", the block "http" that begins in line 2 has none',
    ],
    ['extra-closing-brace', 8, 1, 'unexpected "}", no block is open here'],
    [
      'unclosed-quote',
      5,
      17,
      'unexpected end of file: the string that begins here has no closing quote',
    ],
    [
      'text-after-quote',
      5,
      25,
      'unexpected "b", a space or ";" is missing after the closing quote',
    ],
    ['lone-semicolon', 5, 24, 'unexpected ";"'],
    ['block-without-name', 5, 5, 'unexpected "{", a block begins with the name of its directive'],
    [
      'end-of-file-in-directive',
      2,
      17,
      'unexpected end of file, expecting ";" or "}", "worker_processes" is not followed by either',
    ],
    ['block-for-a-plain-directive', 5, 5, 'directive "server_name" is not terminated by ";"'],
    ['plain-form-of-a-block', 1, 1, 'directive "events" has no opening "{"'],
    [
      'wrong-context',
      5,
      5,
      '"worker_connections" directive is not allowed here, it belongs in "events"',
    ],
    [
      'server-outside-http',
      2,
      1,
      '"server" directive is not allowed here, it belongs in "http" or "upstream"',
    ],
    [
      'too-few-arguments',
      6,
      7,
      'invalid number of arguments in "proxy_set_header" directive, it takes: field value',
    ],
    [
      'too-many-arguments',
      5,
      5,
      'invalid number of arguments in "send_timeout" directive, it takes: time',
    ],
    ['duplicate-directive', 6, 5, '"send_timeout" directive is duplicate, the first is in line 5'],
    ['duplicate-http', 5, 1, '"http" directive is duplicate, the first is in line 2'],
    [
      'bad-flag',
      3,
      26,
      'invalid value "yes" in "underscores_in_headers" directive, it must be "on" or "off"',
    ],
    [
      'bad-time',
      6,
      26,
      'invalid time "5x" in "proxy_read_timeout" directive, write a number with ms, s, m, h or d, as in "30s"',
    ],
    [
      'time-out-of-range',
      6,
      26,
      'invalid time "0" in "proxy_read_timeout" directive, it must be at least 1ms',
    ],
    [
      'bad-size',
      5,
      26,
      'invalid size "10mb" in "client_max_body_size" directive, write a number of bytes, or with k, m or g',
    ],
    [
      'bad-number',
      1,
      18,
      'invalid number "two" in "worker_processes" directive, write a number or "auto"',
    ],
    [
      'number-out-of-range',
      2,
      22,
      'invalid number "0" in "worker_connections" directive, it must be at least 1',
    ],
    ['bad-word', 2, 10, 'invalid value "share" in "accept" directive, did you mean "shared"?'],
    [
      'bad-log-level',
      1,
      18,
      'invalid log level "warning" in "error_log" directive, did you mean "warn"?',
    ],
    [
      'bad-return-code',
      6,
      14,
      'invalid return code "20O" in "return" directive, write a status from 0 to 999 or a URL',
    ],
    ['bad-port', 4, 12, 'invalid port in listen "127.0.0.1:70000", a port is 1 to 65535'],
    [
      'bad-address',
      4,
      12,
      'invalid address "127.0.0.1.5:80" in "listen" directive, write host:port, [v6 address]:port or unix:/path',
    ],
    ['duplicate-listen', 5, 5, 'a duplicate listen 127.0.0.1:8080, the first is in line 4'],
    [
      'duplicate-default-server',
      7,
      5,
      'a duplicate default server for 127.0.0.1:8080, the first is in line 4',
    ],
    [
      'duplicate-listen-options',
      7,
      5,
      'duplicate listen options for 127.0.0.1:8080, the first is in line 4',
    ],
    [
      'unknown-listen-parameter',
      4,
      15,
      'invalid parameter "defualt_server" in "listen" directive, did you mean "default_server"?',
    ],
    ['upstream-without-servers', 3, 3, 'no servers are inside upstream "back"'],
    ['duplicate-upstream', 6, 3, 'duplicate upstream "back", the first is in line 3'],
    ['mistyped-upstream', 8, 18, 'host not found in upstream "backnd", did you mean "backend"?'],
    [
      'unknown-host',
      4,
      12,
      'host not found in upstream "no-such-host.invalid:9000", "no-such-host.invalid" is in neither DNS nor /etc/hosts',
    ],
    [
      'upstream-with-port',
      8,
      18,
      'upstream "back" may not have port 8080, ports belong to the servers of the upstream',
    ],
    [
      'proxy-pass-without-scheme',
      6,
      18,
      'invalid URL prefix "127.0.0.1:9000" in "proxy_pass" directive, did you mean "http://127.0.0.1:9000"?',
    ],
    ['bad-weight', 4, 27, 'invalid number "0" in "server" directive, it must be at least 1'],
    [
      'framing-field-set',
      6,
      24,
      'invalid field "Transfer-Encoding" in "proxy_set_header" directive, it decides where a message ends, so Weir writes it itself',
    ],
    [
      'line-break-in-field',
      6,
      28,
      'invalid field value "a\\nX-B: c" in "proxy_set_header" directive, it holds a line break or a zero byte',
    ],
    [
      'two-answers',
      7,
      7,
      '"stub_status" and "proxy_pass" cannot both answer here, "proxy_pass" is in line 6',
    ],
    [
      'blank-in-url',
      6,
      18,
      'invalid URL "http://127.0.0.1:9000/a b" in "proxy_pass" directive, it holds a blank or a control character',
    ],
    [
      'scheme-in-upstream',
      4,
      12,
      'invalid address "http://127.0.0.1:9000" in "server" directive, write it without "http://"',
    ],
    [
      'lingering-close-not-built',
      5,
      21,
      '"lingering_close off" is not built yet in this version of Weir, only "on" is',
    ],
    ['duplicate-location', 6, 5, 'duplicate location "/a", the first is in line 5'],
    [
      'bad-location-modifier',
      5,
      14,
      'invalid location modifier "==" in "location" directive, known are =, ^~, ~ and ~*',
    ],
    ['unknown-variable', 6, 34, 'unknown "remote_adr" variable, did you mean "$remote_addr"?'],
    [
      'unclosed-variable',
      6,
      18,
      'the closing bracket in "remote_addr" variable is missing, a "$" begins the name of a variable and cannot stand for itself',
    ],
    ['unknown-log-format', 4, 35, 'unknown log format "mian", did you mean "main"?'],
    ['duplicate-log-format', 4, 3, 'duplicate "log_format" name "main", the first is in line 3'],
    [
      'missing-include',
      3,
      11,
      'open() "FOLDER/no-such-file.conf" failed (2: No such file or directory), check the path; relative ones begin at the folder of the main file',
    ],
    [
      'include-loop',
      3,
      11,
      'include loop: FOLDER/include-loop.conf → FOLDER/include-loop.conf, a file cannot include itself',
    ],
    [
      'error-in-included-file',
      2,
      14,
      'invalid time "fast" in "send_timeout" directive, write a number with ms, s, m, h or d, as in "30s"',
    ],
    ['not-built-directive', 3, 3, '"gzip" is not built yet in this version of Weir'],
    [
      'not-built-regex-location',
      5,
      14,
      'location with a regular expression is not built yet in this version of Weir',
    ],
    [
      'not-built-tls',
      4,
      16,
      'parameter "ssl" of "listen" is not built yet in this version of Weir',
    ],
    ['not-built-variable', 6, 30, '"$ssl_protocol" is not built yet in this version of Weir'],
  ];

const read = (name: string) => {
  return loadConfiguration({ file: join(FOLDER, `${name}.conf`), lookup: async () => [] });
};

for (const [name, line, column, message] of BROKEN) {
  test(`broken configuration: ${name}`, async () => {
    const { problems, model } = await read(name);
    const [first, ...more] = problems.filter(({ severity }) => severity === 'emerg');
    assert.ok(first);
    assert.deepEqual(more, []);
    const said = first.suggestion === undefined ? '' : `, ${first.suggestion}`;
    assert.equal(`${first.message}${said}`, message.replaceAll('FOLDER', FOLDER));
    assert.deepEqual([first.line, first.column], [line, column]);
    assert.equal(model, undefined);
  });
}

const WEIR = join(import.meta.dirname, '../../bin/weir');
const run = promisify(execFile);
/** Sixty starts compile the same modules: once is enough. */
const env = { ...process.env, NODE_COMPILE_CACHE: mkdtempSync(join(tmpdir(), 'weir-cache-')) };
after(() => rmSync(env.NODE_COMPILE_CACHE, { recursive: true }));

/** What `weir -t` prints and how it ends. */
async function weirTest(file: string): Promise<{ code: unknown; stderr: string }> {
  try {
    const { stderr } = await run(WEIR, ['-t', '-c', file], { env });
    return { code: 0, stderr };
  } catch (error) {
    assert.ok(error instanceof Error && 'code' in error && 'stderr' in error);
    return { code: error.code, stderr: String(error.stderr) };
  }
}

describe('weir -t', { concurrency: 4 }, () => {
  for (const [name, line, , message] of BROKEN) {
    test(`${name}: the message with its line, and exit 1`, async () => {
      const file = join(FOLDER, `${name}.conf`);
      const { code, stderr } = await weirTest(file);
      const where = name === 'error-in-included-file' ? join(FOLDER, 'snippets/broken.inc') : file;
      const expected = `weir: [emerg] ${message.replaceAll('FOLDER', FOLDER)} in ${where}:${line}`;
      assert.ok(stderr.split('\n').includes(expected), stderr);
      assert.equal(code, 1);
    });
  }
});

test('every broken configuration is in the table, and most are more than a mistyped name', () => {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.conf'));
  assert.deepEqual(files.sort(), BROKEN.map(([name]) => `${name}.conf`).sort());
  const others = BROKEN.filter(([, , , message]) => !message.startsWith('unknown directive'));
  assert.ok(files.length >= 40 && others.length >= 25);
});
