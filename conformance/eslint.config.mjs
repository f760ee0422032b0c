// graphql-eslint: checks the schema by its recommended and Relay rules, the operations by its recommended rules.
// Every rule that is off or relaxed has its reason beside it.
import graphql from '@graphql-eslint/eslint-plugin';

const parserOptions = {
  graphQLConfig: { schema: './generated/schema.graphql', documents: './documents/*.graphql' },
};

export default [
  {
    files: ['**/*.graphql'],
    plugins: { '@graphql-eslint': graphql },
    languageOptions: { parser: graphql.parser, parserOptions },
  },
  {
    files: ['**/schema.graphql'],
    rules: {
      ...graphql.configs['flat/schema-recommended'].rules,
      ...graphql.configs['flat/schema-relay'].rules,
      // Only objects that `node` finds have an id: clients do not cache the others (values, refusals, pages).
      '@graphql-eslint/strict-id-in-types': 'off',
      // Pagination only goes forward: cursors are keysets, and nobody reads a calendar from its end.
      '@graphql-eslint/relay-arguments': ['error', { includeBoth: false }],
      // With `nodes`, clients need not read edges; short lists of fixed length have no pages.
      '@graphql-eslint/relay-edge-types': ['error', { withEdgeSuffix: true, shouldImplementNode: false, listTypeCanWrapOnlyEdgeType: false }],
    },
  },
  {
    files: ['documents/*.graphql'],
    rules: { ...graphql.configs['flat/operations-recommended'].rules },
  },
];
