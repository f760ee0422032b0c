// Formularze: every ready operation as a form, several open at once.
import { useSchemaContext } from "@graphiql/react";
import { useMemo, useState, type KeyboardEvent } from "react";
import { useFocusIfNowhere } from "../../focus";
import { operationOf, page } from "../../page";
import { useWorkspace } from "../../workspace";
import { Form } from "./Form";
import { closeForm, openForm } from "./open";

export function FormsPanel() {
  const form = useWorkspace((state) => state.form);
  const { schema } = useSchemaContext({ nonNull: true });
  const operation = form ? operationOf(form) : undefined;
  return (
    <div className="forms">
      <Menu active={form} />
      <div className="forms-main">
        <Tabs active={form} />
        {operation && schema && <Form key={operation.name} operation={operation} schema={schema} />}
        {!operation && (
          <>
            <h1 className="hidden">Formularz</h1>
            <p className="nothing">Prosimy wybrać formularz po lewej stronie.</p>
          </>
        )}
      </div>
    </div>
  );
}

const plain = (text: string) =>
  text
    .toLowerCase()
    .normalize("NFD")
    .replace(/[\u0300-\u036f]/g, "")
    .replaceAll("ł", "l");

function useTopics(search: string) {
  return useMemo(() => {
    const words = plain(search);
    const topics = page.topics.map((topic) => ({
      ...topic,
      operations: topic.operations.filter((one) => plain(`${one.title} ${one.help}`).includes(words)),
    }));
    return topics.filter((topic) => topic.operations.length > 0);
  }, [search]);
}

function Menu({ active }: { active: string | null }) {
  const [search, setSearch] = useState("");
  const topics = useTopics(search);
  const menu = useFocusIfNowhere<HTMLElement>("input");
  const first = topics[0]?.operations[0];
  const keyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter" && search && first) openForm(first.name);
  };
  return (
    <nav ref={menu} className="ready" aria-label="Formularze">
      <input
        type="search"
        aria-label="Znajdź formularz"
        placeholder="znajdź formularz"
        value={search}
        onChange={(event) => setSearch(event.target.value)}
        onKeyDown={keyDown}
      />
      {topics.map((topic) => (
        <section key={topic.title}>
          <h2>{topic.title}</h2>
          {topic.operations.map((operation) => (
            <button
              type="button"
              key={operation.name}
              aria-current={operation.name === active}
              onClick={() => openForm(operation.name)}
            >
              {operation.title}
            </button>
          ))}
        </section>
      ))}
    </nav>
  );
}

function Tabs({ active }: { active: string | null }) {
  const forms = useWorkspace((state) => state.forms);
  if (forms.length === 0) return null;
  return (
    <ul className="tabs" aria-label="Otwarte formularze">
      {forms.map(({ operation }) => (
        <li key={operation} aria-current={operation === active}>
          <button type="button" onClick={() => openForm(operation)}>
            {operationOf(operation)?.title ?? operation}
          </button>
          <button
            type="button"
            aria-label={`Zamknij: ${operationOf(operation)?.title ?? operation}`}
            onClick={() => closeForm(operation)}
          >
            ×
          </button>
        </li>
      ))}
    </ul>
  );
}
