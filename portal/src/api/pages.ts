/** Loads all pages of a list; each page appears as it arrives. */

import { useEffect, useMemo, useState } from "preact/hooks";
import { ask } from "./ask";
import { type QueryState, askUntilAnswered, useQuery } from "./use-query";
import type { Fault } from "./fault";
import type { Operation } from "./operation";

interface Page<Node> {
  readonly nodes: readonly Node[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

interface Nodes<Answer, Node> extends QueryState<Answer> {
  readonly nodes: readonly Node[] | undefined;
}

interface AllPages<Answer, Node> extends Nodes<Answer, Node> {
  /** Why the pages after those in `nodes` could not be loaded. */
  readonly restFault: Fault | undefined;
}

export function useAllPages<Answer, Variables extends { readonly after?: string | null | undefined }, Node>(
  operation: Operation<Answer, Variables>,
  variables: Variables | null,
  pageOf: (answer: Answer) => Page<Node>,
): AllPages<Answer, Node> {
  const first = useQuery(operation, variables);
  const [rest, setRest] = useState<{ of: unknown; nodes: readonly Node[] }>({ of: null, nodes: [] });
  const [restFault, setRestFault] = useState<Fault>();
  useEffect(() => {
    const whole = first.data;
    if (!whole || !variables) return undefined;
    const left = new AbortController();
    const read = async (after: string | null, found: readonly Node[]): Promise<void> => {
      const next = { ...variables, after };
      const answer = await askUntilAnswered(operation, next, false, left.signal, setRestFault);
      if (answer === undefined || left.signal.aborted) return;
      const { nodes, pageInfo } = pageOf(answer);
      const all = [...found, ...nodes];
      setRest({ of: whole, nodes: all });
      setRestFault(undefined);
      if (pageInfo.hasNextPage) await read(pageInfo.endCursor, all);
    };
    setRestFault(undefined);
    const { hasNextPage, endCursor } = pageOf(whole).pageInfo;
    if (hasNextPage) void read(endCursor, []);
    return () => left.abort();
  }, [first.data]);
  const nodes = useMemo(() => {
    const more = rest.of === first.data ? rest.nodes : [];
    return first.data && [...pageOf(first.data).nodes, ...more];
  }, [first.data, rest]);
  return { ...first, nodes, restFault };
}

interface MorePages<Answer, Node> extends Nodes<Answer, Node> {
  readonly hasMore: boolean;
  readonly readMore: () => Promise<void>;
}

/** Loads a list page by page, as the reader requests more. */
export function usePages<Answer, Variables extends { readonly after?: string | null | undefined }, Node>(
  operation: Operation<Answer, Variables>,
  variables: Variables,
  pageOf: (answer: Answer) => Page<Node> | undefined,
): MorePages<Answer, Node> {
  const first = useQuery(operation, variables);
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
