/** Loads all pages of a list; each page appears as it arrives. */

import { useEffect, useMemo, useState } from "preact/hooks";
import { ask } from "./ask";
import { type Asked, useAsked } from "./asked";
import type { Operation } from "./operation";

interface Page<Node> {
  readonly nodes: readonly Node[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

interface AllPages<Answer, Node> extends Asked<Answer> {
  readonly nodes: readonly Node[] | undefined;
}

export function useAllPages<Answer, Variables extends { readonly after?: string | null | undefined }, Node>(
  operation: Operation<Answer, Variables>,
  variables: Variables | null,
  pageOf: (answer: Answer) => Page<Node>,
): AllPages<Answer, Node> {
  const first = useAsked(operation, variables);
  const [rest, setRest] = useState<{ of: unknown; nodes: readonly Node[] }>({ of: null, nodes: [] });
  useEffect(() => {
    const whole = first.data;
    if (!whole || !variables) return undefined;
    let isHere = true;
    const read = async (after: string | null, found: readonly Node[]): Promise<void> => {
      const { nodes, pageInfo } = pageOf(await ask(operation, ...([{ ...variables, after }] as never)));
      const all = [...found, ...nodes];
      if (!isHere) return;
      setRest({ of: whole, nodes: all });
      if (pageInfo.hasNextPage) await read(pageInfo.endCursor, all);
    };
    const { hasNextPage, endCursor } = pageOf(whole).pageInfo;
    if (hasNextPage) read(endCursor, []).catch(() => {}); // the pages that have arrived remain usable
    return () => {
      isHere = false;
    };
  }, [first.data]);
  const nodes = useMemo(() => {
    const more = rest.of === first.data ? rest.nodes : [];
    return first.data && [...pageOf(first.data).nodes, ...more];
  }, [first.data, rest]);
  return { ...first, nodes };
}

interface MorePages<Answer, Node> extends AllPages<Answer, Node> {
  readonly hasMore: boolean;
  readonly readMore: () => Promise<void>;
}

/** Loads a list page by page, as the reader requests more. */
export function usePages<Answer, Variables extends { readonly after?: string | null | undefined }, Node>(
  operation: Operation<Answer, Variables>,
  variables: Variables,
  pageOf: (answer: Answer) => Page<Node> | undefined,
): MorePages<Answer, Node> {
  const first = useAsked(operation, variables);
  const [later, setLater] = useState<{ of: unknown; pages: readonly Page<Node>[] }>({ of: null, pages: [] });
  const page = first.data && pageOf(first.data);
  const pages = page ? [page, ...(later.of === first.data ? later.pages : [])] : [];
  const last = pages.at(-1)?.pageInfo;
  const readMore = async () => {
    const answer = await ask(operation, ...([{ ...variables, after: last?.endCursor }] as never));
    const next = pageOf(answer);
    if (next) setLater({ of: first.data, pages: [...pages.slice(1), next] });
  };
  const nodes = page && pages.flatMap(({ nodes }) => nodes);
  return { ...first, nodes, hasMore: last?.hasNextPage ?? false, readMore };
}
