// Shows an answer as cards and tables, in plain words. A click on a row keeps its ids for the next operation.
import { createContext, useContext, useEffect, useRef } from "react";
import { choose, isId, kindOf } from "../../recentIds";
import { say } from "../../notice";
import type { ReadyOperation } from "../../page";
import { moment, plainDay } from "../../time";
import { personName, phoneText } from "../../words/people";
import { withoutFieldNames } from "../../words/withoutFieldNames";
import { capital } from "./model";
import { answerLabel, enumText, KINDS, TYPES } from "../../words/words";

type Value = unknown;
type Row = Record<string, Value>;

const isRow = (value: Value): value is Row => typeof value === "object" && value !== null && !Array.isArray(value);
const isRows = (value: Value): value is Row[] => Array.isArray(value) && value.some(isRow);
const nodesOf = (value: Value) => (isRow(value) && Array.isArray(value.nodes) ? (value.nodes as Row[]) : null);

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d/;
const DAY = /^\d{4}-\d\d-\d\d$/;
const WALL = /^\d\d:\d\d:\d\d$/;
const TELEPHONE = /^\+\d{6,15}$/;
const SECRET = new Set(["secret", "uri", "key", "recoveryCodes"]);

export function AnswerView({
  operation,
  answer,
  onFurther,
}: {
  operation: ReadyOperation;
  answer: Row;
  onFurther: (after: string) => void;
}) {
  const section = useRef<HTMLElement>(null);
  useEffect(() => void section.current?.scrollIntoView({ block: "nearest" }), [answer]);
  return (
    <section ref={section} className="answer" aria-label="Odpowiedź" aria-live="polite">
      <h2 className="hidden">Odpowiedź</h2>
      {Object.entries(answer).map(([name, value]) => (
        <Part
          key={name}
          name={name}
          value={value}
          isOnly={Object.keys(answer).length === 1}
          operation={operation.name}
          onFurther={onFurther}
        />
      ))}
    </section>
  );
}

interface PartProps {
  name: string;
  value: Value;
  isOnly: boolean;
  operation: string;
  onFurther: (after: string) => void;
}

function Part({ name, value, isOnly, onFurther }: PartProps) {
  const page = isRow(value) && isRow(value.pageInfo) ? value.pageInfo : null;
  const isRefused = isRow(value) && "message" in value;
  return (
    <div className={isRefused ? "trouble" : ""}>
      {!isOnly && <h2>{answerLabel(name)}</h2>}
      {isRefused && <p role="alert">{withoutFieldNames(String(value.message))}</p>}
      {isRow(value) && value.__typename !== undefined && !isRefused && (
        <h2 className="done">✓ {TYPES[String(value.__typename)] ?? String(value.__typename)}</h2>
      )}
      <Shown value={isRow(value) ? without(value, isRefused) : value} />
      {page?.hasNextPage === true && (
        <button type="button" onClick={() => onFurther(String(page.endCursor))}>
          Następne
        </button>
      )}
    </div>
  );
}

const without = (row: Row, isRefused: boolean) =>
  Object.fromEntries(
    Object.entries(row).filter(
      ([name]) => !["__typename", "pageInfo", ...(isRefused ? ["message", "fields"] : [])].includes(name),
    ),
  );

function Shown({ value }: { value: Value }) {
  const rows = nodesOf(value) ?? (isRows(value) ? value : null);
  if (rows) return <Table rows={rows} />;
  if (isRow(value)) return <Card row={value} />;
  if (Array.isArray(value) && value.length === 0) return <p>Brak danych.</p>;
  return (
    <p>
      <Words name="" value={value} />
    </p>
  );
}

function keep(row: Row) {
  const ids = Object.values(row).flatMap((value) =>
    isId(value) ? [value] : isRow(value) && isId(value.id) ? [value.id] : [],
  );
  const label = titleOf(row);
  for (const id of ids) choose(id, id === row.id ? label : "");
  for (const value of Object.values(row)) if (isRow(value) && isId(value.id)) choose(value.id, titleOf(value));
  if (ids.length > 0) say(`Zapamiętano: ${ids.map((id) => KINDS[kindOf(id)] ?? kindOf(id)).join(", ")}.`);
}

function titleOf(row: Row): string {
  if (typeof row.lastName === "string" && typeof row.firstName === "string")
    return personName(row as { lastName: string; firstName: string });
  const first = row.fullName ?? row.name ?? row.reference;
  if (typeof first === "string") return first;
  return typeof row.startsAt === "string" ? moment(row.startsAt) : "";
}

const columnsOf = (rows: Row[]) =>
  [...new Set(rows.flatMap((row) => Object.keys(row)))].filter((name) => name !== "__typename" && name !== "id");

function Table({ rows }: { rows: Row[] }) {
  const columns = columnsOf(rows);
  const hasIds = rows.some((row) => isId(row.id));
  if (rows.length === 0) return <p>Brak danych.</p>;
  return (
    <div className="table" tabIndex={0} role="group" aria-label="Tabela">
      <table>
        <thead>
          <tr>
            {columns.map((name) => (
              <th key={name} scope="col">
                {answerLabel(name)}
              </th>
            ))}
            {hasIds && <th scope="col">Dalej</th>}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={isId(row.id) ? row.id : index} onClick={() => keep(row)}>
              {columns.map((name) => (
                <td key={name}>
                  <Cell name={name} value={row[name]} />
                </td>
              ))}
              {hasIds && (
                <td>
                  <button type="button" className="small">
                    użyj
                  </button>
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Cell({ name, value }: { name: string; value: Value }) {
  const rows = nodesOf(value) ?? (isRows(value) ? value : null);
  if (rows)
    return (
      <ul>
        {rows.map((row, index) => (
          <li key={index} onClick={(event) => (event.stopPropagation(), keep(row))}>
            <Line row={row} />
          </li>
        ))}
      </ul>
    );
  if (isRow(value)) return <Line row={value} />;
  return <Words name={name} value={value} />;
}

/** A nested object within a row: its values one after the other, without ids. */
function Line({ row }: { row: Row }) {
  const isPerson = typeof row.lastName === "string" && typeof row.firstName === "string";
  const hidden = isPerson ? ["__typename", "firstName", "lastName"] : ["__typename"];
  const own = Object.entries(row).filter(
    ([name, value]) => !hidden.includes(name) && !isId(value) && value !== null && value !== "",
  );
  const parts: [string, Value][] = isPerson ? [["name", titleOf(row)], ...own] : own;
  return (
    <>
      {parts.map(([name, value], index) => (
        <span key={name}>
          {index > 0 && ", "}
          {isRow(value) ? <Line row={value} /> : <Words name={name} value={value} />}
        </span>
      ))}
    </>
  );
}

function Card({ row }: { row: Row }) {
  const [own, lists] = [
    Object.entries(row).filter(([name, value]) => !isRows(value) && !nodesOf(value) && name !== "id"),
    Object.entries(row).filter(([, value]) => isRows(value) || nodesOf(value)),
  ];
  return (
    <>
      {own.length > 0 && (
        <dl className="facts">
          {own.map(([name, value]) => (
            <div key={name}>
              <dt>{answerLabel(name)}</dt>
              <dd>{isRow(value) ? <Inner row={value} /> : <Words name={name} value={value} />}</dd>
            </div>
          ))}
        </dl>
      )}
      {isId(row.id) && (
        <button type="button" className="small" onClick={() => keep(row)}>
          użyj dalej
        </button>
      )}
      {lists.map(([name, value]) => (
        <section key={name}>
          <h3>{answerLabel(name)}</h3>
          <Shown value={value} />
        </section>
      ))}
    </>
  );
}

const Inner = ({ row }: { row: Row }) =>
  Object.values(row).some((value) => isRows(value) || nodesOf(value)) ? <Card row={row} /> : <Line row={row} />;

/** The enums that each field of this answer may have, by field name. */
export const Enums = createContext<Map<string, string[]>>(new Map());

function Words({ name, value }: { name: string; value: Value }) {
  const kinds = useContext(Enums).get(name) ?? [capital(name)]; // without an enum: words listed under the field's name
  if (value === null || value === undefined || value === "") return <>–</>;
  if (typeof value === "boolean") return <>{value ? "tak" : "nie"}</>;
  if (name === "qrCode")
    return (
      <img
        className="qr"
        alt="Kod QR dla aplikacji z kodami"
        src={`data:image/svg+xml,${encodeURIComponent(String(value))}`}
      />
    );
  if (SECRET.has(name)) return <Secret text={Array.isArray(value) ? value.join("\n") : String(value)} />;
  if (Array.isArray(value)) return <>{value.map((one) => wordsOf(one, kinds)).join(", ") || "–"}</>;
  if (typeof value === "string" && TELEPHONE.test(value)) return <a href={`tel:${value}`}>{phoneText(value)}</a>;
  if (isId(value)) return <>{KINDS[kindOf(value)] ?? ""}</>;
  return <span className={name === "reference" ? "whole" : ""}>{wordsOf(value, kinds)}</span>;
}

function wordsOf(value: Value, kinds: string[]): string {
  const text = String(value);
  if (INSTANT.test(text)) return moment(text);
  if (DAY.test(text)) return plainDay(text);
  if (WALL.test(text)) return text.slice(0, 5);
  return enumText(text, kinds) ?? text;
}

/** Shown only on request, so that passers-by do not see it. */
function Secret({ text }: { text: string }) {
  return (
    <details className="secret">
      <summary>pokaż</summary>
      <code>{text}</code>
    </details>
  );
}
