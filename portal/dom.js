// Small words for building pages: text is always text, never markup.

export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (typeof value === "boolean") element.toggleAttribute(name, value);
    else if (value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

const status = () => document.querySelector("[role=status]");

export function say(text, kind = "done") {
  status().className = kind;
  status().textContent = text;
  status().dataset.fresh = text ? "yes" : "";
  if (text) window.scrollTo(0, 0);
}

// What was said of a deed stays for the page that it leads to; the page after that begins in silence.
export function turnPage() {
  if (status().dataset.fresh) status().dataset.fresh = "";
  else say("");
}

// A button that cannot be pressed twice while its deed is under way.
export function button(text, deed, kind = "") {
  const element = h("button", { type: "button", class: kind }, text);
  element.addEventListener("click", () => whileWaiting(element, deed));
  return element;
}

async function whileWaiting(element, deed) {
  element.disabled = true;
  try {
    await deed();
  } catch (error) {
    if (error.code === "UNAUTHENTICATED" || error.code === "PASSWORD_CHANGE_REQUIRED") location.hash = "#/log-in";
    say(error.message, "refusal");
  } finally {
    element.disabled = false;
  }
}

// fields: [{name, label, type, ...}]; submit(values) gives the answer; its flaws are shown beside the fields.
export function form(fields, action, submit) {
  const send = h("button", { class: "main" }, action);
  const element = h("form", { novalidate: true }, fields.map(labelled), send);
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    say("");
    element.querySelectorAll(".flaw").forEach((flaw) => (flaw.textContent = ""));
    whileWaiting(send, async () => {
      const answer = await submit(values(element, fields));
      if (answer?.fields) showFlaws(element, answer.fields);
      if (answer?.message && answer.__typename !== "Accepted")
        say([answer.message, ...(answer.reasons || [])].join(" "), "refusal");
    });
  });
  return element;
}

function labelled({ name, label, type = "text", value = "", ...more }) {
  const input = h("input", { name, type, id: name, ...(type === "checkbox" ? { checked: !!value } : { value }), ...more });
  const flaw = h("span", { class: "flaw", id: `${name}-flaw` });
  input.setAttribute("aria-describedby", flaw.id);
  return type === "checkbox"
    ? h("label", { class: "check" }, input, label, flaw)
    : h("label", {}, label, input, flaw);
}

function values(element, fields) {
  return Object.fromEntries(
    fields.map(({ name, type }) => {
      const input = element.elements.namedItem(name);
      return [name, type === "checkbox" ? input.checked : input.value];
    })
  );
}

function showFlaws(element, flaws) {
  for (const { path, message } of flaws) {
    const flaw = element.querySelector(`#${path.at(-1)}-flaw`);
    if (flaw) flaw.textContent = message;
  }
  element.querySelector(`#${flaws[0].path.at(-1)}`)?.focus();
}
