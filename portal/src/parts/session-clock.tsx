import { useEffect, useState } from "preact/hooks";
import { endIfOver, ends, extend, me } from "../state/session";
import { minutes, now } from "../state/time";
import { common } from "../words/common";
import { useAction } from "./action";
import { useModal } from "./modal";
import { Outcome } from "./states";

const WARN_BEFORE = 2 * 60_000;

/** Warns two minutes before the session ends and can extend it. */
export function SessionClock() {
  const [left, setLeft] = useState(Infinity);
  const [seen, setSeen] = useState(0);
  useEffect(() => {
    const look = () => {
      setLeft(me.value ? ends.value.at - now() : Infinity);
      endIfOver();
    };
    const timer = setInterval(look, 1000);
    addEventListener("visibilitychange", look);
    return () => {
      clearInterval(timer);
      removeEventListener("visibilitychange", look);
    };
  }, []);
  const { at, latest } = ends.value;
  if (!me.value || left > WARN_BEFORE || left <= 0 || seen === at) return null;
  return <Warning left={left} canStay={latest - at > WARN_BEFORE / 2} onSeen={() => setSeen(at)} />;
}

function Warning({ left, canStay, onSeen }: { left: number; canStay: boolean; onSeen: () => void }) {
  const dialog = useModal();
  const stay = useAction(extend);
  const words = common.value;
  const why = canStay ? words.sessionEndsWhy : words.sessionEndsAnyway;
  return (
    <dialog ref={dialog} aria-labelledby="session-title" onClose={onSeen}>
      <h2 id="session-title">{words.sessionEnds}</h2>
      <p role="timer">{why(minutes(left))}</p>
      <Outcome action={stay} />
      <div class="actions">
        <button class="button" type="button" autofocus onClick={canStay ? stay.run : onSeen}>
          {canStay ? words.stay : words.understood}
        </button>
      </div>
    </dialog>
  );
}
