import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import type { AddedField } from '#src/exchange/added-fields.ts';
import { build, locationOf } from '#test/support/configuration.ts';

/** The fields that a location adds, as `name=value`, `!` for `always`. */
function addedIn(body: string, http = ''): string[] {
  const client: object = locationOf(body, http).client;
  // Each is an AddedField with a constant value: the texts here have no variables.
  const fields = 'addedFields' in client ? (client.addedFields as readonly AddedField[]) : [];
  return fields.map(({ always, name, value }) => `${name}=${value.constant}${always ? '!' : ''}`);
}

describe('add_header', () => {
  const HTTP = 'add_header A http; add_header B http always;';

  it('is inherited whole, or not at all', () => {
    assert.deepEqual(addedIn('location / { }', HTTP), ['A=http', 'B=http!']);
    assert.deepEqual(addedIn('add_header C server; location / { }', HTTP), ['C=server']);
    assert.deepEqual(addedIn('location / { add_header A own; }', HTTP), ['A=own']);
    assert.deepEqual(addedIn('location / { }'), []);
  });

  it('is inherited as add_header_inherit says, which is inherited too', () => {
    const merge = `add_header_inherit merge; ${HTTP}`;
    assert.deepEqual(addedIn('add_header C server; location / { add_header D own; }', merge), [
      'D=own',
      'C=server',
      'A=http',
      'B=http!',
    ]);
    const on = 'add_header_inherit on; location / { add_header D own; }';
    assert.deepEqual(addedIn(on, merge), ['D=own']);
    assert.deepEqual(addedIn('location / { add_header_inherit off; }', HTTP), []);
    const off = 'location / { add_header_inherit off; add_header D own; }';
    assert.deepEqual(addedIn(off, HTTP), ['D=own']);
  });

  it('of one level is shared by the locations below', () => {
    const { model } = build(
      `http { ${HTTP} server { listen 80; location /a { } location /b { } location /c { } } }`,
    );
    const [first, ...rest] = model?.servers[0]?.locations.map(({ client }) => client) ?? [];
    assert.equal(rest.length, 2);
    for (const client of rest) assert.equal(client, first);
  });
});

const REFUSED: readonly (readonly [line: string, problem: RegExp])[] = [
  ['add_header Content-Length 1;', /invalid field "Content-Length"/],
  ['add_header "A b" 1;', /invalid field name/],
  ['add_header A "1\n2";', /invalid field value/],
  ['add_header A 1 allways;', /invalid parameter "allways"/],
  ['proxy_redirect /a;', /invalid parameter "\/a"/],
  ['proxy_redirect default;', /should be placed after the "proxy_pass"/],
  ['proxy_redirect a b; proxy_redirect off;', /"proxy_redirect" directive is duplicate/],
  ['proxy_redirect "~^/(a" /b;', /invalid regular expression/],
  ['proxy_cookie_domain a;', /invalid parameter "a"/],
  ['proxy_cookie_domain off; proxy_cookie_domain a b;', /directive is duplicate/],
  ['proxy_cookie_path "~*(" b;', /invalid regular expression/],
  ['proxy_cookie_domain ~*a b;', /invalid regular expression/],
  ['proxy_cookie_flags a;', /invalid parameter "a"/],
  ['proxy_cookie_flags a secured;', /invalid parameter "secured"/],
  ['proxy_cookie_flags "~[" secure;', /invalid regular expression/],
  ['proxy_cookie_flags ~a;', /no flag follows it/],
  ['proxy_hide_header "a:";', /invalid field name/],
  ['proxy_method CONNECT;', /invalid method "CONNECT"/],
  ['proxy_method "A B";', /invalid method "A B"/],
  ['proxy_ignore_headers Server;', /invalid value "Server"/],
];

for (const [line, problem] of REFUSED) {
  test(`${JSON.stringify(line)} is refused`, () => {
    const { problems } = build(
      `http { server { listen 80; location / { ${line} proxy_pass http://127.0.0.1:1; } } }`,
    );
    assert.equal(problems.length, 1, problems.join('\n'));
    assert.match(problems[0] ?? '', problem);
  });
}
