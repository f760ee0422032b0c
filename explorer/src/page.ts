// What the server put into the page: the colleague, their ready operations, and the centre's time.
export interface ReadyOperation {
  title: string;
  name: string;
  help: string;
  query: string;
  variables: string;
  next: string | null;
}

interface Page {
  who: string;
  role: string;
  centre: string;
  timeZone: string;
  idleMinutes: number;
  topics: { title: string; operations: ReadyOperation[] }[];
}

const element = document.getElementById("page")!;

export const page = JSON.parse(element.textContent!) as Page;
export const nonce = element.nonce ?? "";
export const operations = page.topics.flatMap((topic) => topic.operations);
export const operationOf = (name: string) => operations.find((operation) => operation.name === name);
