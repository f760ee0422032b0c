"""Node: everything that has an id of its own and can be asked for again by it."""

import strawberry


@strawberry.interface(description="Something with an opaque, global id; `Query.node` finds it again.")
class Node:
    id: strawberry.ID = strawberry.field(description="Opaque and global; the same for ever; never a bare number.")
