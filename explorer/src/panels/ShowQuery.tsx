// A button that opens the panel's last query in the editor.
import { lastSent } from "../api";
import { openInEditor } from "../editor/open";

export function ShowQuery({ of }: { of: string }) {
  const open = () => {
    const sent = lastSent(of);
    if (sent) openInEditor({ name: of, query: sent.query, variables: JSON.stringify(sent.variables, null, 2) });
  };
  return (
    <button type="button" className="quiet" onClick={open} title="Pokaż zapytanie, które wysłał ten panel">
      {"{ }"}
      <span className="hidden"> Pokaż zapytanie</span>
    </button>
  );
}
