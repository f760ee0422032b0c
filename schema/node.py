"""Node: an object with an id of its own, by which it can be fetched again."""

import strawberry


@strawberry.interface(description="An object with a global id. `Query.node` fetches it again by that id.")
class Node:
    id: strawberry.ID = strawberry.field(
        description="The global id: opaque and stable. It changes only when the centre rotates its secret key."
    )
