"""Print the SDL: `python -m resolvers`. `make schema` writes it to schema/schema.graphql."""

import sys

if __name__ == "__main__":
    from resolvers import schema

    sys.stdout.write(f"{schema}\n")
