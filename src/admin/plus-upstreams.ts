/** `/http/upstreams` of the API: what is in them, and the servers that are added, changed, removed. */
import { type ApiAnswer, type ApiRequest, errorAnswer, jsonAnswer } from './api-answer.ts';
import { upstreamObject } from './plus-status.ts';
import { selectFields, selectFromMap, type WantedFields } from './select-fields.ts';
import { ServerIds } from './server-ids.ts';
import { bad, newEndpoint, readServer, serverObject } from './server-object.ts';
import type { SteeredMember, SteeredUpstream, SteeringResult } from './steered-upstream.ts';

/** An upstream with the IDs of its servers. */
interface Known {
  readonly upstream: SteeredUpstream;
  readonly ids: ServerIds;
}

/** All upstreams that have a name of their own. */
export class UpstreamsApi {
  readonly #all = new Map<string, Known>();

  constructor(upstreams: readonly SteeredUpstream[]) {
    for (const upstream of upstreams) {
      this.#all.set(upstream.name, { upstream, ids: new ServerIds() });
    }
  }

  /** `base` is the path of the API with its version, `parts` what follows `http/upstreams`. */
  answer(
    request: ApiRequest,
    base: string,
    parts: readonly string[],
    wanted: WantedFields,
  ): ApiAnswer {
    const [name, servers, id] = parts;
    if (name === undefined) return this.#list(request, wanted);
    const known = this.#all.get(name);
    if (known === undefined) {
      return errorAnswer(404, 'UpstreamNotFound', `upstream "${name}" not found`);
    }
    known.ids.update(known.upstream.members());
    if (servers === undefined) {
      if (request.method !== 'GET') return disabled('its counters are never set back');
      return jsonAnswer(selectFields(upstreamObject(known.upstream, known.ids), wanted));
    }
    if (servers !== 'servers' || parts.length > 3) {
      return errorAnswer(404, 'PathNotFound', 'path not found');
    }
    const refused = refusal(request, known.upstream);
    if (refused !== undefined) return refused;
    return id === undefined
      ? answerServers(known, request, base)
      : answerServer(known, request, id);
  }

  #list({ method }: ApiRequest, wanted: WantedFields): ApiAnswer {
    if (method !== 'GET') return disabled('upstreams come from the configuration');
    const all: Record<string, object> = {};
    for (const [name, { upstream, ids }] of this.#all) {
      ids.update(upstream.members());
      all[name] = upstreamObject(upstream, ids);
    }
    return jsonAnswer(selectFromMap(all, wanted));
  }
}

function refusal({ mayWrite, method }: ApiRequest, { isStatic, name }: SteeredUpstream) {
  if (!mayWrite && method !== 'GET')
    return disabled('this way in may only read ("write=on" allows more)');
  if (!isStatic) return undefined;
  return bad('UpstreamStatic', `upstream "${name}" is static: give it a "zone" and reload`);
}

function answerServers(known: Known, request: ApiRequest, base: string): ApiAnswer {
  if (request.method === 'GET') return jsonAnswer(serverList(known));
  if (request.method === 'POST') return addServer(known, request.body, base);
  return disabled('servers are listed (GET) and added (POST) here');
}

function answerServer(known: Known, { body, method }: ApiRequest, text: string): ApiAnswer {
  const { ids, upstream } = known;
  if (!/^\d{1,9}$/.test(text)) return bad('UpstreamBadServerId', `invalid server ID "${text}"`);
  const slot = ids.slotOf(Number(text));
  const member = upstream.members().find((one) => one.slot === slot);
  if (member === undefined) return noServer(text);
  switch (method) {
    case 'GET':
      return jsonAnswer(serverObject(member, Number(text)));
    case 'PATCH':
      return changeServer(known, member, body);
    case 'DELETE':
      return removeServer(known, member);
    default:
      return disabled('a server is read (GET), changed (PATCH) and removed (DELETE) here');
  }
}

function serverList({ ids, upstream }: Known) {
  return upstream.members().map((member) => serverObject(member, ids.idOf(member.slot)));
}

function addServer(known: Known, body: string, base: string): ApiAnswer {
  const { ids, upstream } = known;
  const asked = readServer(body);
  if ('status' in asked) return asked;
  const endpoint = newEndpoint(asked);
  if ('status' in endpoint) return endpoint;
  if (endpoint.tier > 0 && !upstream.hasBackup) {
    return bad('UpstreamNoBackup', `upstream "${upstream.name}" has no backup`);
  }
  // Plus allows an address twice; here its counters are those of the address.
  if (upstream.members().some(({ config }) => config.name === endpoint.name)) {
    return errorAnswer(409, 'EntryExists', `server "${endpoint.name}" is in the upstream already`);
  }
  const result = upstream.add(endpoint, asked.changes.admin ?? 'up');
  if (!result.ok) return failed(result, upstream);
  const { status, body: text } = shown(known, result.slot, 201);
  const id = ids.idOf(result.slot);
  const location = `${base}/http/upstreams/${encodeURIComponent(upstream.name)}/servers/${id}/`;
  return { status, body: text, location, changed: upstream.name };
}

function changeServer(known: Known, member: SteeredMember, body: string): ApiAnswer {
  const { upstream } = known;
  const asked = readServer(body);
  if ('status' in asked) return asked;
  const { backup, changes, server } = asked;
  const { config, slot } = member;
  if (server !== undefined) {
    const endpoint = newEndpoint(asked);
    if ('status' in endpoint) return endpoint;
    if (endpoint.name !== config.name) {
      const text = `server "${config.name}" address is immutable: add another, then remove this one`;
      return bad('UpstreamServerImmutable', text);
    }
  }
  if (backup !== undefined && backup !== config.tier > 0) {
    return bad('UpstreamConfFormatError', '"backup" cannot be changed');
  }
  const result = upstream.change(slot, changes);
  return result.ok ? shown(known, result.slot, 200) : failed(result, upstream);
}

function removeServer(known: Known, { config, slot, source }: SteeredMember): ApiAnswer {
  const { upstream } = known;
  if (source.startsWith('dns:') || source.startsWith('provider:')) {
    const text = `server "${config.name}" not removable: ${source} names it, and would again`;
    return bad('UpstreamServerImmutable', text);
  }
  const result = upstream.remove(slot);
  if (!result.ok) return failed(result, upstream);
  known.ids.update(upstream.members());
  return jsonAnswer(serverList(known), { changed: upstream.name });
}

/** The server in that slot as it is now. */
function shown(known: Known, slot: number, status: number): ApiAnswer {
  const { ids, upstream } = known;
  const members = upstream.members();
  ids.update(members);
  const member = members.find((one) => one.slot === slot);
  if (member === undefined) return noServer(String(slot));
  return jsonAnswer(serverObject(member, ids.idOf(slot)), { status, changed: upstream.name });
}

function failed(result: SteeringResult & { ok: false }, { name }: SteeredUpstream): ApiAnswer {
  switch (result.reason) {
    case 'full':
      return bad('UpstreamOutOfMemory', `upstream "${name}" memory exhausted: ${result.text}`);
    case 'gone':
      return errorAnswer(404, 'UpstreamServerNotFound', result.text);
    case 'refused':
      return bad('UpstreamConfFormatError', result.text);
  }
}

function noServer(id: string): ApiAnswer {
  return errorAnswer(404, 'UpstreamServerNotFound', `server with ID "${id}" does not exist`);
}

function disabled(why: string): ApiAnswer {
  return errorAnswer(405, 'MethodDisabled', `method disabled: ${why}`);
}
