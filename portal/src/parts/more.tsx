import type { usePages } from "../api/pages";
import { common } from "../words/common";
import { useAction } from "./action";
import { Outcome } from "./states";

/** The button that loads the next page of a list, and what became of it. */
export function More({ list }: { list: Pick<ReturnType<typeof usePages>, "hasMore" | "readMore"> }) {
  const more = useAction(list.readMore);
  return (
    <>
      <Outcome action={more} />
      {list.hasMore && (
        <p class="actions">
          <button class="button secondary" type="button" aria-disabled={more.isBusy} onClick={more.run}>
            {common.value.more}
          </button>
        </p>
      )}
    </>
  );
}
