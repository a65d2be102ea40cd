// Knows all wire cases without running them: requirements.test.ts loads the files of this folder
// while it collects, and checks the cases against the requirements.

/** A case as requirements.test.ts sees it. */
export interface RegisteredCase {
  readonly title: string;
  /** Ids of requirements.ts that the case shows. */
  readonly shows: readonly string[];
}

let collected: RegisteredCase[] | undefined;

/** All cases that these modules define; none of them runs. */
export async function collectCases(urls: readonly URL[]): Promise<readonly RegisteredCase[]> {
  const cases: RegisteredCase[] = [];
  collected = cases;
  try {
    for (const url of urls) await import(url.href);
  } finally {
    collected = undefined;
  }
  return cases;
}

/** Called for each case; true: it is only collected and must not run. */
export function registerCase(title: string, shows: string): boolean {
  collected?.push({ title, shows: shows.split(' ').filter((id) => id !== '') });
  return collected !== undefined;
}
