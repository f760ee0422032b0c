// In the editor: a click on an id keeps it for the next operation, a double click selects it whole.
import type { EditorContextType } from "@graphiql/react";
import { choose, isId, kindOf } from "../recentIds";
import { say } from "../notice";
import { KINDS } from "../words/words";

type CodeMirrorEditor = NonNullable<EditorContextType["responseEditor"]>;

interface Place {
  line: number;
  ch: number;
}

function idAt(editor: CodeMirrorEditor, place: Place): { id: string; from: Place; to: Place } | null {
  const token = editor.getTokenAt(place, true);
  const id = token.string.replace(/^"|"$/g, "");
  if (!isId(id)) return null;
  const start = token.start + token.string.indexOf(id);
  return { id, from: { line: place.line, ch: start }, to: { line: place.line, ch: start + id.length } };
}

const prepared = new WeakSet<CodeMirrorEditor>();

export function chooseByClick(editor: CodeMirrorEditor): void {
  if (prepared.has(editor)) return;
  prepared.add(editor);
  const unit = (_: CodeMirrorEditor, place: Place) => {
    const word = editor.findWordAt(place); // its `from` and `to` are methods; CodeMirror expects values
    return idAt(editor, place) ?? { from: word.from(), to: word.to() };
  };
  editor.setOption(
    "configureMouse" as never,
    ((_: unknown, repeat: string) => (repeat === "double" ? { unit } : {})) as never,
  );
  editor.getWrapperElement().addEventListener("click", (event: MouseEvent) => {
    const found = idAt(editor, editor.coordsChar({ left: event.clientX, top: event.clientY }));
    if (!found) return;
    choose(found.id);
    say(`Zapamiętano: ${KINDS[kindOf(found.id)] ?? kindOf(found.id)}. Następna operacja dostanie ten identyfikator.`);
  });
}
