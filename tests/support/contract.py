"""The public contract as clients read it, built once per process for all tests."""

from graphql import GraphQLSchema, build_schema

from resolvers import schema

SDL = str(schema)
BUILT: GraphQLSchema = build_schema(SDL)
