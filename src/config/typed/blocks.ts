export type WeirConfig = Readonly<Record<string, unknown>>;
