// Derives a form's fields from an operation's variables and the API contract, so a new operation file needs no code.
import {
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isScalarType,
  parse,
  TypeInfo,
  typeFromAST,
  visit,
  visitWithTypeInfo,
  type FieldNode,
  type GraphQLInputType,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from "graphql";
import { chosen } from "../../recentIds";
import { labelOf, type Label } from "../../words/words";

export type Path = (string | number)[];

interface Common {
  name: string;
  label: Label;
  isRequired: boolean;
  isNullable: boolean;
  isShown: boolean;
}

export type Field =
  | (Common & { kind: "object"; fields: Field[] })
  | (Common & { kind: "list"; item: Field; example: unknown[] })
  | (Common & { kind: "enum"; type: string; values: string[] })
  | (Common & { kind: "id"; of: string })
  | (Common & {
      kind: "text" | "number" | "boolean" | "Date" | "Time" | "DateTime" | "password" | "long";
      example: string;
    });

const PLACEHOLDER = /^(\w+?)_\.\.\.$/;
const LONG = new Set(["reason", "note", "description", "overrideReason"]);
const KIND_OF_NAME: Record<string, string> = {
  staffMember: "StaffMember",
  entry: "WaitingListEntry",
  subject: "Subject",
};

export const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** The kind of object that an id field accepts: from a table of names, its example ("Visit_..."), or its name. */
function kindOfId(name: string, example: unknown): string {
  const named = typeof example === "string" ? PLACEHOLDER.exec(example)?.[1] : undefined;
  const bare = name.replace(/Ids?$/, "");
  return KIND_OF_NAME[bare] ?? named ?? capital(bare);
}

interface Origin {
  owner: string;
  name: string;
  type: GraphQLInputType;
  example: unknown;
  isMentioned: boolean;
  hasDefault: boolean;
}

function scalarKind(
  type: string,
  name: string,
): "text" | "number" | "boolean" | "Date" | "Time" | "DateTime" | "password" | "long" {
  if (/password/i.test(name)) return "password";
  if (type === "Boolean") return "boolean";
  if (type === "Int" || type === "Float") return "number";
  if (type === "Date" || type === "Time" || type === "DateTime") return type;
  return LONG.has(name) ? "long" : "text";
}

function fieldOf(origin: Origin): Field {
  const { owner, name, example } = origin;
  const isNeeded = isNonNullType(origin.type) && !origin.hasDefault;
  const type = isNonNullType(origin.type) ? origin.type.ofType : origin.type;
  const common = {
    name,
    label: labelOf(owner, name),
    isRequired: isNeeded,
    isNullable: !isNonNullType(origin.type),
    isShown: isNeeded || origin.isMentioned,
  };
  if (isListType(type)) {
    const examples = Array.isArray(example) ? example : [];
    const item = fieldOf({
      ...origin,
      type: type.ofType as GraphQLInputType,
      example: examples[0],
      isMentioned: true,
      hasDefault: false,
    });
    return { ...common, kind: "list", item, example: examples };
  }
  if (isInputObjectType(type)) {
    const given = (example ?? {}) as Record<string, unknown>;
    const fields = Object.values(type.getFields()).map((field) =>
      fieldOf({
        owner: type.name,
        name: field.name,
        type: field.type,
        example: given[field.name],
        isMentioned: field.name in given,
        hasDefault: field.defaultValue !== undefined,
      }),
    );
    return { ...common, kind: "object", fields };
  }
  if (isEnumType(type))
    return { ...common, kind: "enum", type: type.name, values: type.getValues().map((value) => value.name) };
  if (isScalarType(type) && type.name === "ID") return { ...common, kind: "id", of: kindOfId(name, example) };
  return { ...common, kind: scalarKind(type.name, name), example: typeof example === "string" ? example : "" };
}

export function operationIn(query: string): OperationDefinitionNode {
  return parse(query).definitions.find((one): one is OperationDefinitionNode => one.kind === "OperationDefinition")!;
}

/** The enums that the fields of an answer may have, by field name. */
export function enumsIn(schema: GraphQLSchema, query: string): Map<string, string[]> {
  const types = new TypeInfo(schema);
  const found = new Map<string, string[]>();
  const Field = ({ alias, name }: FieldNode) => {
    const type = getNamedType(types.getType());
    const key = (alias ?? name).value;
    if (isEnumType(type)) found.set(key, [...(found.get(key) ?? []), type.name]);
  };
  visit(parse(query), visitWithTypeInfo(types, { Field }));
  return found;
}

/** The fields of the operation's variables, except `after`: a button below the answer loads the next page. */
export function fieldsOf(schema: GraphQLSchema, query: string, variables: string): Field[] {
  const example = (variables.trim() ? JSON.parse(variables) : {}) as Record<string, unknown>;
  const operation = operationIn(query);
  return (operation.variableDefinitions ?? [])
    .filter((variable) => variable.variable.name.value !== "after")
    .flatMap((variable) => {
      const name = variable.variable.name.value;
      const type = typeFromAST(schema, variable.type as never) as GraphQLInputType | undefined;
      if (!type) return [];
      return [
        fieldOf({
          owner: operation.name!.value,
          name,
          type,
          example: example[name],
          isMentioned: true,
          hasDefault: variable.defaultValue !== undefined,
        }),
      ];
    });
}

/** The initial values of a form: the example's days, hours, choices and numbers, and the ids last clicked; no texts. */
export function begun(field: Field, example: unknown, isTop = true): unknown {
  if (field.kind === "object" && !isTop && !field.isRequired) return undefined;
  if (field.kind === "object") {
    const given = (example ?? {}) as Record<string, unknown>;
    const own = field.fields.map((one) => [one.name, begun(one, given[one.name], false)] as const);
    return Object.fromEntries(own.filter(([, value]) => value !== undefined));
  }
  if (field.kind === "list") {
    const examples = Array.isArray(example) ? example : [];
    const items = examples.map((one) => begun(field.item, one)).filter((one) => one !== undefined);
    const isToSearch = items.length === 0 && field.isRequired && field.item.kind === "id";
    return isToSearch ? [undefined] : items;
  }
  if (field.kind === "id") return field.isShown ? chosen(field.of === "Subject" ? "Patient" : field.of)?.id : undefined;
  if (field.kind === "text" || field.kind === "long" || field.kind === "password") return undefined;
  if (field.kind === "DateTime" && typeof example === "string") return example.slice(0, 16);
  return example ?? undefined;
}

const isEmpty = (value: unknown) => value === undefined || value === null || value === "";

/** Marks a field that should become empty; an omitted field stays as it is. */
export const CLEARED = { isCleared: true } as const;

export const isCleared = (value: unknown) => typeof value === "object" && value !== null && "isCleared" in value;

/** The data as sent: empty fields are omitted, so that the server's defaults apply. */
export function sentOf(field: Field, value: unknown): unknown {
  if (isCleared(value)) return field.kind === "list" ? [] : "";
  if (field.kind === "object") {
    const given = (value ?? {}) as Record<string, unknown>;
    const own = field.fields.map((one) => [one.name, sentOf(one, given[one.name])] as const);
    const kept = Object.fromEntries(own.filter(([, one]) => one !== undefined));
    return Object.keys(kept).length > 0 || field.isRequired ? kept : undefined;
  }
  if (field.kind === "list") {
    const items = ((value as unknown[] | undefined) ?? [])
      .map((one) => sentOf(field.item, one))
      .filter((one) => one !== undefined);
    return items.length > 0 || field.isRequired ? items : undefined;
  }
  if (field.kind === "number" && typeof value === "string") return value.trim() === "" ? undefined : Number(value);
  return isEmpty(value) ? undefined : value;
}

/** The value without its passwords, which are kept only in the memory of this page. */
export function withoutSecrets(field: Field, value: unknown): unknown {
  if (field.kind === "password") return undefined;
  if (field.kind !== "object") return value;
  const given = (value ?? {}) as Record<string, unknown>;
  return Object.fromEntries(field.fields.map((one) => [one.name, withoutSecrets(one, given[one.name])]));
}

export function changedAt(value: unknown, path: Path, to: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return to;
  if (typeof key === "number") {
    const list = [...((value as unknown[] | undefined) ?? [])];
    list[key] = changedAt(list[key], rest, to);
    return list;
  }
  const object = (value as Record<string, unknown> | undefined) ?? {};
  return { ...object, [key]: changedAt(object[key], rest, to) };
}
