// Asks the GraphQL API; the session lives in an HttpOnly cookie that this page never sees.

export let language = localStorage.getItem("language") || "pl";

export function speak(tongue) {
  language = tongue;
  localStorage.setItem("language", tongue);
  document.documentElement.lang = tongue;
}

export class Fault extends Error {
  constructor(error) {
    super(error.message);
    this.code = error.extensions?.code;
  }
}

const documents = (await (await fetch("/portal/documents.graphql")).text()).split(/\n\n+/);

function named(name) {
  return documents.find((text) => new RegExp(`^(query|mutation) ${name}\\b`).test(text)).trim();
}

// Gives the one root field of an operation of documents.graphql; a refusal is data ({__typename, message}), a fault is thrown.
export async function ask(name, variables = {}) {
  const response = await fetch("/graphql", {
    method: "POST",
    headers: { "content-type": "application/json", "accept-language": language },
    body: JSON.stringify({ query: named(name), variables }),
  });
  const answer = await response.json();
  if (answer.errors) throw new Fault(answer.errors[0]);
  return Object.values(answer.data)[0];
}

export const newKey = () => crypto.randomUUID();
