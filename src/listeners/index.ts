/** The kinds of listeners there are. */

import { http } from '#src/listeners/http/http-listener.ts';
import type { ListenerKind } from './listener.ts';

export const LISTENERS: { readonly http: ListenerKind } = { http };
