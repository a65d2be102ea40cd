/**
 * The API of NGINX Plus, version 9, as far as Weir has what it is about (ngx_http_api_module): the
 * generation's main thread answers with it what comes in by the socket of the master. What Weir has
 * not (TLS, caches, zones of limits) answers as Plus does where none of it is configured; there is
 * no `stream` at all, as in a Plus without such a block.
 */
import type { Facts } from '#src/shared/facts.ts';
import type { ThreadRows } from '#src/shared/thread-rows.ts';
import { type ApiAnswer, type ApiRequest, errorAnswer, jsonAnswer } from './api-answer.ts';
import {
  connectionsObject,
  nginxObject,
  processesObject,
  requestsObject,
  sslObject,
  workersObject,
} from './plus-status.ts';
import { UpstreamsApi } from './plus-upstreams.ts';
import { selectFields, selectFromMap, type WantedFields, wantedFields } from './select-fields.ts';
import type { SteeredUpstream } from './steered-upstream.ts';

/** What the API tells of. */
export interface ApiWorld {
  readonly rows: ThreadRows;
  readonly facts: () => Facts;
  /** The first address that is listened on. */
  readonly address: string;
  /** Those with a block of their own, in the order of the configuration. */
  readonly upstreams: readonly SteeredUpstream[];
}

/** The versions that are answered; all get what version 9 has. */
const VERSIONS = [1, 2, 3, 4, 5, 6, 7, 8, 9];

const ROOT = ['nginx', 'processes', 'connections', 'slabs', 'http', 'resolvers', 'ssl', 'workers'];
const HTTP = [
  'requests',
  'server_zones',
  'location_zones',
  'caches',
  'limit_conns',
  'limit_reqs',
  'keyvals',
  'upstreams',
];

/** Of these nothing can be configured: the map is empty, and nothing in it is found. */
const EMPTY: Readonly<Record<string, string>> = {
  slabs: 'SlabNotFound',
  resolvers: 'ResolverZoneNotFound',
  'http/server_zones': 'ServerZoneNotFound',
  'http/location_zones': 'LocationZoneNotFound',
  'http/caches': 'CacheNotFound',
  'http/limit_conns': 'LimitConnNotFound',
  'http/limit_reqs': 'LimitReqNotFound',
  'http/keyvals': 'KeyvalNotFound',
};

/** The API of one generation. */
export class PlusApi {
  readonly #world: ApiWorld;
  readonly #upstreams: UpstreamsApi;

  constructor(world: ApiWorld) {
    this.#world = world;
    this.#upstreams = new UpstreamsApi(world.upstreams);
  }

  /** Never throws for what a client can send. */
  answer(request: ApiRequest): ApiAnswer {
    const [path = '', query = ''] = request.target.split(/\?(.*)/s);
    const parts = splitPath(path);
    if (parts === undefined || parts[0] !== 'api') return notFound();
    if (parts.length === 1) return readOnly(request) ?? jsonAnswer(VERSIONS);
    const version = parts[1] ?? '';
    if (!VERSIONS.some((known) => String(known) === version)) {
      return errorAnswer(404, 'UnknownVersion', 'unknown version');
    }
    const base = `/api/${version}`;
    const rest = parts.slice(2);
    if (rest[0] === 'http' && rest[1] === 'upstreams') {
      return this.#upstreams.answer(request, base, rest.slice(2), wantedFields(query));
    }
    return readOnly(request) ?? this.#read(rest, wantedFields(query));
  }

  #read(parts: readonly string[], wanted: WantedFields): ApiAnswer {
    const { address, facts, rows } = this.#world;
    switch (parts.join('/')) {
      case '':
        return jsonAnswer(ROOT);
      case 'http':
        return jsonAnswer(HTTP);
      case 'nginx':
        return jsonAnswer(selectFields(nginxObject(facts(), address), wanted));
      case 'processes':
        return jsonAnswer(processesObject(facts()));
      case 'connections':
        return jsonAnswer(selectFields(connectionsObject(rows), wanted));
      case 'ssl':
        return jsonAnswer(selectFields(sslObject(), wanted));
      case 'workers':
        return jsonAnswer(workersObject(rows, facts()).map((one) => selectFields(one, wanted)));
      case 'http/requests':
        return jsonAnswer(selectFields(requestsObject(rows), wanted));
      default:
        return readEmpty(parts, wanted);
    }
  }
}

/** A map of what cannot be configured, or something that is not in it. */
function readEmpty(parts: readonly string[], wanted: WantedFields): ApiAnswer {
  const depth = parts[0] === 'http' ? 2 : 1;
  const name = parts.slice(0, depth).join('/');
  const code = Object.hasOwn(EMPTY, name) ? EMPTY[name] : undefined;
  if (code === undefined || parts.length > depth + 1) return notFound();
  if (parts.length === depth) return jsonAnswer(selectFromMap({}, wanted));
  return errorAnswer(404, code, `${name} "${parts[depth]}" not found`);
}

/** What a path is made of, without empty ends; undefined when it is none. */
function splitPath(path: string): readonly string[] | undefined {
  if (!path.startsWith('/')) return undefined;
  try {
    const parts = path.slice(1).split('/').map(decodeURIComponent);
    if (parts.at(-1) === '') parts.pop();
    return parts;
  } catch {
    return undefined;
  }
}

/** Undefined for a GET; counters of Weir are never set back, so that nothing is for DELETE. */
function readOnly({ method }: ApiRequest): ApiAnswer | undefined {
  if (method === 'GET') return undefined;
  return errorAnswer(405, 'MethodDisabled', 'method disabled: nothing can be changed here');
}

function notFound(): ApiAnswer {
  return errorAnswer(404, 'PathNotFound', 'path not found');
}
