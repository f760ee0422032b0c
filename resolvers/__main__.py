"""`python -m resolvers` prints the SDL; schema/schema.graphql is its committed copy (`make schema`)."""

import sys

if __name__ == "__main__":
    from resolvers import schema

    sys.stdout.write(f"{schema}\n")
