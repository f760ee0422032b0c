// Forms that are open, each with what was filled in.
import { operationOf } from "../../page";
import { change, current } from "../../workspace";

/** Whether this colleague has the form. */
export const hasForm = (operation: string) => operationOf(operation) !== undefined;

export function openForm(operation: string, values: Record<string, unknown> = {}): void {
  const others = current().forms.filter((form) => form.operation !== operation);
  const there = current().forms.find((form) => form.operation === operation);
  const isFilled = Object.keys(values).length > 0;
  const forms = there && !isFilled ? current().forms : [...others, { operation, values }];
  change({ panel: "forms", form: operation, forms });
}

export function closeForm(operation: string): void {
  const forms = current().forms.filter((form) => form.operation !== operation);
  change({ forms, form: current().form === operation ? (forms.at(-1)?.operation ?? null) : current().form });
}

export function fill(operation: string, values: Record<string, unknown>): void {
  change({ forms: current().forms.map((form) => (form.operation === operation ? { operation, values } : form)) });
}
