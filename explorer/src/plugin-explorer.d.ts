declare module "@graphiql/plugin-explorer" {
  import type { GraphiQLPlugin } from "@graphiql/react";
  export function explorerPlugin(): GraphiQLPlugin;
}
