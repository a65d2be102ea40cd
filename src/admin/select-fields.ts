/** `?fields=` of the API: which fields of an object are shown. */

/** Undefined: all of them. */
export type WantedFields = ReadonlySet<string> | undefined;

/** What a query asks for; `?fields=` alone asks for none. */
export function wantedFields(query: string): WantedFields {
  const fields = new URLSearchParams(query).get('fields');
  if (fields === null) return undefined;
  return new Set(fields.split(',').filter((name) => name !== ''));
}

/** Those fields of one object; one without any of them is empty. */
export function selectFields(value: object, wanted: WantedFields): object {
  if (wanted === undefined) return value;
  return Object.fromEntries(Object.entries(value).filter(([name]) => wanted.has(name)));
}

/** Those fields of each object of a map; without any field, the names of the objects. */
export function selectFromMap(map: Readonly<Record<string, object>>, wanted: WantedFields): object {
  if (wanted === undefined) return map;
  if (wanted.size === 0) return Object.keys(map);
  return Object.fromEntries(
    Object.entries(map).map(([name, value]) => [name, selectFields(value, wanted)]),
  );
}
