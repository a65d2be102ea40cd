/**
 * A configuration of thousands of servers as panels and platforms write it: a few kinds of server,
 * each with names, headers, upstreams and expressions of its own, in many included files.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '#native-bench/measure/random.ts';

/** How large, and what it leads to. */
export interface LargeOptions {
  /** An empty folder; it becomes the prefix. */
  readonly folder: string;
  readonly port: number;
  readonly originPort: number;
  readonly servers: number;
  readonly threads: number;
}

/** What was written. */
export interface LargeConfiguration {
  /** The main file, absolute. */
  readonly file: string;
  readonly serverCount: number;
  /** Inner, exact and regular ones included. */
  readonly locationCount: number;
  readonly fileCount: number;
  /** By kind of server, of each what its locations answer through the origin. */
  readonly requests: ReadonlyMap<SiteKind, readonly LargeRequest[]>;
}

/** What traffic asks for, in shares that do not depend on the size. */
const SHARES: readonly (readonly [SiteKind, number])[] = [
  ['plain', 0.6],
  ['application', 0.23],
  ['tenant', 0.1],
  ['gateway', 0.05],
  ['platform', 0.02],
];

/**
 * Requests at random, one per client, which asks its host for it again and again: the same mix for
 * every size. With `like` for as many servers only as that one has.
 */
export function drawRequests(
  large: LargeConfiguration,
  count: number,
  seed: number,
  like = large,
): LargeRequest[] {
  const random = new Random(seed);
  const few = [...like.requests].map(([kind, { length }]) => {
    const all = large.requests.get(kind) ?? [];
    const from = Math.floor(all.length / length / 2) * length; // some in the middle
    return [kind, all.slice(from, from + length)] as const;
  });
  const requests = new Map(few);
  return Array.from({ length: count }, () => {
    let share = random.uniform();
    const kind = SHARES.find(([, part]) => (share -= part) < 0)?.[0] ?? 'plain';
    const known = requests.get(kind) ?? [];
    return known[random.integer(known.length)] as LargeRequest;
  });
}

/** A request that its server answers through the origin. */
export interface LargeRequest {
  readonly host: string;
  readonly path: string;
}

const SERVERS_PER_FILE = 100;
/** Upstreams that every size has: what traffic is sent to, so that sizes differ in routing alone. */
const SHARED_UPSTREAMS = 4;
const SERVERS_PER_OWN_UPSTREAM = 5;

type SiteKind = 'plain' | 'application' | 'tenant' | 'redirect' | 'gateway' | 'platform';

/** One server's text, and what reaches the shared upstreams in it. */
interface Site {
  readonly kind: SiteKind;
  readonly text: string;
  readonly locations: number;
  readonly requests: readonly LargeRequest[];
}

/** Writes all files of it. */
export function writeLargeConfiguration(options: LargeOptions): LargeConfiguration {
  const { folder, originPort, port, servers, threads } = options;
  for (const name of ['conf', 'conf/sites', 'conf/snippets', 'logs']) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  const write = (name: string, text: string): void =>
    writeFileSync(join(folder, 'conf', name), text);
  write('snippets/proxy.conf', PROXY_SNIPPET);
  write('snippets/secure.conf', SECURE_SNIPPET);
  write('upstreams.conf', upstreamsFor(servers, originPort));
  write('maps.conf', mapsFor(servers));
  const sites = Array.from({ length: servers }, (_, index) => {
    return siteFor(kindOf(index, servers), index, port);
  });
  const groups = Math.ceil(servers / SERVERS_PER_FILE);
  for (let group = 0; group < groups; group++) {
    const from = group * SERVERS_PER_FILE;
    const texts = sites.slice(from, from + SERVERS_PER_FILE).map(({ text }) => text);
    write(`sites/${String(group).padStart(4, '0')}.conf`, texts.join('\n'));
  }
  write('weir.conf', mainFile(port, threads));
  return {
    file: join(folder, 'conf/weir.conf'),
    serverCount: servers + 1,
    locationCount: sites.reduce((sum, { locations }) => sum + locations, 0),
    fileCount: groups + 5,
    requests: new Map(
      [...Map.groupBy(sites, ({ kind }) => kind)].map(([kind, alike]) => {
        return [kind, alike.flatMap(({ requests }) => requests)];
      }),
    ),
  };
}

function mainFile(port: number, threads: number): string {
  return `
worker_processes ${threads};
pid logs/weir.pid;
error_log stderr warn;
events { worker_connections 1024; }
http {
  access_log off;
  server_names_hash_max_size 65536;
  server_names_hash_bucket_size 128;
  variables_hash_max_size 4096;
  keepalive_requests 1000000;
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_set_header Host $host;
  proxy_set_header X-Real-IP $remote_addr;
  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
  proxy_read_timeout 60s;
  include maps.conf;
  include upstreams.conf;
  server {
    listen 127.0.0.1:${port} default_server;
    server_name _;
    return 200 "default";
  }
  include sites/*.conf;
}
`;
}

const PROXY_SNIPPET = `
proxy_set_header Host $host;
proxy_set_header X-Real-IP $remote_addr;
proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
proxy_set_header X-Forwarded-Proto $scheme;
proxy_set_header Connection "";
proxy_connect_timeout 5s;
proxy_next_upstream error timeout;
`;

const SECURE_SNIPPET = `
add_header X-Content-Type-Options nosniff always;
add_header X-Frame-Options SAMEORIGIN always;
add_header Referrer-Policy "strict-origin-when-cross-origin" always;
location ~ /\\.(?!well-known) { return 403; }
`;
const SECURE_LOCATIONS = 1;

function upstreamsFor(servers: number, originPort: number): string {
  const shared = Array.from({ length: SHARED_UPSTREAMS }, (_, at) => {
    return `upstream shared_${at} { server 127.0.0.1:${originPort}; keepalive 32; }`;
  });
  const own = Array.from({ length: Math.ceil(servers / SERVERS_PER_OWN_UPSTREAM) }, (_, at) => {
    const host = `127.${1 + (at >> 14)}.${(at >> 6) & 255}.${1 + (at & 63)}`;
    return `upstream app_${at} { server ${host}:8080 weight=2; server ${host}:8081 max_fails=2; keepalive 8; }`;
  });
  return [...shared, ...own].join('\n');
}

function mapsFor(servers: number): string {
  const tenants = Array.from(
    { length: servers },
    (_, at) => `  site-${at}.example.com tenant${at};`,
  );
  return `
map $http_upgrade $connection_upgrade { default upgrade; '' close; }
map $http_user_agent $is_bot { default 0; ~*(bot|crawl|spider) 1; ~*curl 1; }
map $host $tenant {
  hostnames;
  default none;
${tenants.join('\n')}
  *.tenants.example.org wild;
}
`;
}

/** A small one has a server of each kind and several of the usual ones. */
const KINDS_OF_TEN: readonly SiteKind[] = [
  ...Array.from({ length: 5 }, () => 'plain' as const),
  'application',
  'application',
  'tenant',
  'gateway',
  'platform',
];

/** Of a hundred servers: 60 sites, 20 applications, 10 tenants, 8 that redirect, 1 gateway, 1 by regex. */
function kindOf(index: number, servers: number): SiteKind {
  if (servers < 100) return KINDS_OF_TEN[index % KINDS_OF_TEN.length] ?? 'plain';
  const place = index % 100;
  if (place < 60) return 'plain';
  if (place < 80) return 'application';
  if (place < 90) return 'tenant';
  if (place < 98) return 'redirect';
  return place === 98 ? 'gateway' : 'platform';
}

function siteFor(kind: SiteKind, index: number, port: number): Site {
  return { kind, ...SITES[kind](index, `listen 127.0.0.1:${port};`) };
}

type SiteText = Omit<Site, 'kind'>;

function sharedOf(index: number): string {
  return `shared_${index % SHARED_UPSTREAMS}`;
}

function ownOf(index: number): string {
  return `app_${Math.floor(index / SERVERS_PER_OWN_UPSTREAM)}`;
}

/** What a panel writes for a site: the same expressions in each. */
function plainSite(index: number, listen: string): SiteText {
  const host = `site-${index}.example.com`;
  const text = `
server {
  ${listen}
  server_name ${host} www.${host};
  include snippets/secure.conf;
  location / { proxy_pass http://${sharedOf(index)}; include snippets/proxy.conf; }
  location ~* \\.(?:css|js|jpe?g|png|gif|ico|svg|woff2?)$ { proxy_pass http://${ownOf(index)}; add_header Cache-Control "public, max-age=86400"; }
  location = /favicon.ico { return 204; }
}`;
  const requests = [`/`, `/blog/${index}/post`].map((path) => ({ host, path }));
  return { text, locations: 3 + SECURE_LOCATIONS, requests };
}

/** An application with an interface, a socket and expressions of its own. */
function application(index: number, listen: string): SiteText {
  const host = `app-${index}.example.net`;
  const text = `
server {
  ${listen}
  server_name ${host};
  client_max_body_size ${1 + (index % 32)}m;
  set $app_id ${index};
  rewrite ^/old-${index}/(.*)$ /new-${index}/$1 last;
  location / { proxy_pass http://${ownOf(index)}; proxy_set_header X-App $app_id; }
  location /api/ {
    proxy_pass http://${sharedOf(index)}/v${index % 3}/;
    include snippets/proxy.conf;
    location ~ ^/api/items-${index}/(\\d+)$ { proxy_pass http://${sharedOf(index)}; }
  }
  location = /healthz { return 200 "ok"; }
  location /ws/ { proxy_pass http://${ownOf(index)}; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade; }
}`;
  const paths = [`/api/users/${index}`, `/api/items-${index}/42`];
  return { text, locations: 5, requests: paths.map((path) => ({ host, path })) };
}

/** Customers by wildcard. */
function tenant(index: number, listen: string): SiteText {
  const text = `
server {
  ${listen}
  server_name *.t${index}.tenants.example.org;
  proxy_set_header X-Tenant $tenant;
  proxy_set_header Host $host;
  proxy_set_header Connection "";
  location / { proxy_pass http://${sharedOf(index)}; }
  location ^~ /assets/ { proxy_pass http://${ownOf(index)}; }
  location = /robots.txt { return 200 "User-agent: *"; }
}`;
  return {
    text,
    locations: 3,
    requests: [{ host: `a.t${index}.tenants.example.org`, path: '/x' }],
  };
}

function redirect(index: number, listen: string): SiteText {
  const text = `
server {
  ${listen}
  server_name old-${index}.example.com www.old-${index}.example.com;
  return 301 http://site-${index}.example.com$request_uri;
}`;
  return { text, locations: 0, requests: [] };
}

const SERVICES = 36;

/** Many services behind one name. */
function gateway(index: number, listen: string): SiteText {
  const host = `gateway-${index}.example.net`;
  const services = Array.from({ length: SERVICES }, (_, at) => {
    return `  location /service-${at}/ { proxy_pass http://${at % 2 === 0 ? sharedOf(at) : ownOf(index)}/; }`;
  });
  const text = `
server {
  ${listen}
  server_name ${host};
  error_page 502 504 = @sorry;
${services.join('\n')}
  location @sorry { return 503 "sorry"; }
}`;
  const requests = Array.from({ length: SERVICES / 2 }, (_, at) => {
    return { host, path: `/service-${2 * at}/orders` };
  });
  return { text, locations: SERVICES + 1, requests };
}

/** Applications of customers by regular expression. */
function platform(index: number, listen: string): SiteText {
  const text = `
server {
  ${listen}
  server_name ~^(?<branch>[a-z0-9-]+)\\.p${index}\\.platform\\.example\\.com$;
  location / { proxy_pass http://${sharedOf(index)}; proxy_set_header X-Branch $branch; proxy_set_header Host $host; proxy_set_header Connection ""; }
}`;
  const requests = [{ host: `main.p${index}.platform.example.com`, path: '/' }];
  return { text, locations: 1, requests };
}

const SITES: Readonly<Record<SiteKind, (index: number, listen: string) => SiteText>> = {
  plain: plainSite,
  application,
  tenant,
  redirect,
  gateway,
  platform,
};
