import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ManualClock } from '#src/base/clock.ts';
import { compilePattern } from '#src/pattern/pattern.ts';
import { Problems } from '#src/schema/problem.ts';
import { VariableCompiler } from '#src/variables/compiler.ts';
import { isVariableOfNginx, NOT_BUILT_VARIABLES } from '#src/variables/not-built-variables.ts';
import { VARIABLE_CHAPTERS } from '#src/variables/variable-docs.ts';
import { renderVariablesPage } from './variables-page.ts';

const PAGE = join(import.meta.dirname, '../../docs/variables.md');
const environment = { clock: new ManualClock(), hostname: '', pid: 0 };

const DOCS = VARIABLE_CHAPTERS.flatMap(({ variables }) => Object.entries(variables));

test('docs/variables.md is what is told of the variables', () => {
  const page = renderVariablesPage();
  if (process.env['WEIR_UPDATE_DOCS'] === '1') writeFileSync(PAGE, page);
  const advice = 'run this test with WEIR_UPDATE_DOCS=1 and commit docs/variables.md';
  assert.equal(readFileSync(PAGE, 'utf8'), page, advice);
});

test('every variable there is is told of, once, and no other', () => {
  const names = [false, true].flatMap((changesAddress) => {
    return new VariableCompiler({ ...environment, changesAddress }, compilePattern).names;
  });
  const told = DOCS.map(([name]) => name).sort();
  assert.deepEqual(told, [...new Set(names)].sort(), 'src/variables/variable-docs.ts');
});

test('what is told is a sentence without its end, and examples fit into a table', () => {
  for (const [name, [meaning, example]] of DOCS) {
    assert.match(meaning, /^[A-Z`0-9][^|]{5,}[^.|]$/, name);
    assert.ok(!/[|`]/.test(example), name);
    assert.equal(example === '', /^(Always empty|As above)/.test(meaning), name);
  }
});

test('a variable is built or not, never both', () => {
  const built = new Set(DOCS.map(([name]) => name));
  assert.deepEqual(
    NOT_BUILT_VARIABLES.filter((name) => built.has(name)),
    [],
  );
  for (const [name] of DOCS) assert.ok(!isVariableOfNginx(`${name}x`), name);
});

/** nginx.org, core, proxy, upstream, log, realip, map, geo and split_clients modules. */
const OF_THE_MODULES = `
  arg_x args binary_remote_addr body_bytes_sent bytes_sent connection connection_requests connection_time
  content_length content_type cookie_x document_uri host hostname http_x https is_args is_request_port
  msec nginx_version pid pipe proxy_add_x_forwarded_for proxy_host proxy_port proxy_protocol_addr
  proxy_protocol_port proxy_protocol_server_addr proxy_protocol_server_port proxy_protocol_tlv_x
  query_string realip_remote_addr realip_remote_port remote_addr remote_port remote_user request
  request_body request_body_file request_completion request_id request_length request_method request_port
  request_time request_uri scheme sent_http_x sent_trailer_x server_addr server_name server_port
  server_protocol status tcpinfo_rcv_space tcpinfo_rtt tcpinfo_rttvar tcpinfo_snd_cwnd time_iso8601
  time_local upstream_addr upstream_bytes_received upstream_bytes_sent upstream_cache_status
  upstream_connect_time upstream_cookie_x upstream_header_time upstream_http_x upstream_queue_time
  upstream_response_length upstream_response_time upstream_status upstream_trailer_x uri
`;
/** Of files and rates: named as not built yet. */
const LATER = 'document_root realpath_root request_filename limit_rate';

test('the variables of these modules of nginx exist, but for those of files and rates', () => {
  const compiler = new VariableCompiler(environment, compilePattern);
  const place = { file: 'f', line: 1, column: 1 };
  const problemsOf = (name: string): string[] => {
    const problems = new Problems();
    compiler.compile(`$${name}`, place, problems);
    return problems.list.map(({ message }) => message);
  };
  for (const name of OF_THE_MODULES.trim().split(/\s+/))
    assert.deepEqual(problemsOf(name), [], name);
  for (const name of LATER.split(' ')) {
    assert.deepEqual(problemsOf(name), [`"$${name}" is not built yet in this version of Weir`]);
  }
});
