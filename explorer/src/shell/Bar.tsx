// The top bar: the search box, the current user, and the log-out.
import { post } from "../api";
import { LogOutDocument } from "../generated";
import { useNotice } from "../notice";
import { page } from "../page";
import { leave } from "../session";
import { SearchBox } from "./SearchBox";

async function logOut() {
  await post(LogOutDocument.toString(), {});
  leave();
}

export function Bar() {
  return (
    <header className="bar">
      <b>{page.centre}</b>
      <SearchBox />
      <span className="who-works">{page.who}</span>
      <button type="button" onClick={() => void logOut()}>
        Wyloguj się
      </button>
    </header>
  );
}

/** What was done, in one line, for eyes and for screen readers. */
export function NoticeLine() {
  const notice = useNotice();
  return (
    <div className="notice" role="status">
      {notice.text && (
        <p key={notice.turn} className={notice.isBad ? "bad" : ""}>
          {notice.text}
        </p>
      )}
    </div>
  );
}
